// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  window.matchMedia = (() => ({ matches: false, addEventListener: () => undefined })) as never;
});

const { changeOf } = await import("../settings-profile.tsx");
const { AVATARS, signText } = await import("../../parts/avatar.tsx");
const { formatIn } = await import("../../state/words.ts");

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const user = { user_id: "u", name: "Anna", color: "#1971c2", locale: "en", guest: false };
const shown = { name: "Anna", color: "#1971c2", avatar: "initials", time_zone: zone };

describe("A profile", () => {
  it("that was not touched sends nothing, also where the server knows no sign and no time zone yet", () => {
    expect(changeOf(user, shown)).toEqual({});
  });

  it("sends only what is another than before", () => {
    expect(changeOf(user, { ...shown, avatar: "star" })).toEqual({ avatar: "star" });
    expect(changeOf({ ...user, avatar: "star" }, shown)).toEqual({ avatar: "initials" });
    expect(changeOf(user, { ...shown, name: "Anne", time_zone: "Asia/Tokyo" })).toEqual({
      name: "Anne",
      time_zone: "Asia/Tokyo",
    });
  });
});

it("A sign is shown as itself, a shape as the shape, and no sign as initials", () => {
  expect(["initials", "star", "🦊"].map((sign) => signText("Anna Petrova", sign))).toEqual(["AP", "★", "🦊"]);
  expect(new Set(AVATARS.map((sign) => signText("Anna", sign))).size).toBe(AVATARS.length);
});

describe("A time is told", () => {
  const moment = new Date("2026-05-04T22:30:00Z");

  it("in the account's time zone", () => {
    expect(formatIn("en", "Asia/Tokyo", { day: "numeric" }).format(moment)).toBe("5");
    expect(formatIn("en", "America/New_York", { day: "numeric" }).format(moment)).toBe("4");
  });

  it("all the same when the browser does not know the zone", () => {
    expect(formatIn("en", "Mars/Olympus", { year: "numeric" }).format(moment)).toBe("2026");
  });
});
