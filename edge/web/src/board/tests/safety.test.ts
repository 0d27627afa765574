import { describe, expect, it } from "vitest";
import type { Phase } from "../../protocol/board-state.ts";
import { safetyOf } from "../safety.ts";

const live: Phase = { name: "live" };

describe("What the bar says of one's edits", () => {
  it.each([
    ["saved", live, 0, false],
    ["saving", live, 1, false],
    ["saving", { name: "reconnecting" }, 1, false],
    ["offline", { name: "reconnecting" }, 0, true],
    ["offline", { name: "reconnecting" }, 3, true],
    ["connecting", { name: "loading" }, 0, false],
    ["connecting", { name: "loading" }, 2, false],
    ["ended", { name: "ended", reason: "deleted" }, 0, false],
  ] as const)("%s", (said, phase, unsaved, isOffline) => {
    expect(safetyOf({ phase, unsaved, role: "editor" }, isOffline)).toBe(said);
  });

  it("to those who only look: nothing", () => {
    expect(safetyOf({ phase: live, unsaved: 0, role: "viewer" }, false)).toBe("viewing");
    expect(safetyOf({ phase: live, unsaved: 0, role: "commenter" }, false)).toBe("viewing");
  });
});
