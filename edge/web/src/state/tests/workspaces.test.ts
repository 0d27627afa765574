// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  window.matchMedia = (() => ({ matches: false, addEventListener: () => undefined })) as never;
});

const { me } = await import("../../api/here.ts");
const { listWorkspaces } = await import("../../api/workspaces.ts");
const { inOrder } = await import("../workspaces.ts");
const { rolesToGive } = await import("../../pages/invites-card.tsx");
const { inviteEnd } = await import("../../pages/invite-page.tsx");
const { refusalWords } = await import("../../pages/member-refusals.ts");
const { ApiProblem, NetworkFault } = await import("../../api/problem.ts");
const { translator } = await import("../../i18n/translate.ts");

function workspace(name: string, personal = false) {
  return { workspace_id: name, name, role: "user" as const, personal, created_at: "2026-05-04T10:11:12Z" };
}

function problem(code: "conflict" | "forbidden" | "gone" | "not_found" | "unavailable") {
  return new ApiProblem(code, 400, "");
}

afterEach(() => vi.restoreAllMocks());

describe("Workspaces", () => {
  it("stand with one's own first, then by name as people sort names", () => {
    const sorted = inOrder([workspace("team 10"), workspace("Яхты"), workspace("Team 2"), workspace("z", true)], "en");

    expect(sorted.map(({ name }) => name)).toEqual(["z", "Team 2", "team 10", "Яхты"]);
  });

  it("are read page by page to the end", async () => {
    const asked: string[] = [];
    vi.spyOn(me, "request").mockImplementation(async ({ path }) => {
      asked.push(path);
      return asked.length === 1 ? { items: [workspace("a")], next: "c 1" } : { items: [workspace("b")], next: null };
    });

    expect((await listWorkspaces(me)).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(asked).toEqual(["/api/workspaces?limit=200", "/api/workspaces?limit=200&cursor=c+1"]);
  });
});

it("Only an admin is offered to make admins", () => {
  expect(rolesToGive("admin")).toContain("admin");
  expect(rolesToGive("manager")).toEqual(["manager", "agent", "user"]);
});

describe("A refusal is said in words", () => {
  const t = translator("en");

  it.each([
    [problem("conflict"), false, "A workspace needs an admin: make somebody else one first"],
    [problem("conflict"), true, "A personal workspace keeps its person as an admin"],
    [problem("forbidden"), false, "Your role in this workspace does not allow this"],
    [problem("not_found"), false, "This is gone already"],
    [new NetworkFault(null), false, "No connection to the server"],
  ])("%s, personal: %s", (error, personal, text) => {
    expect(refusalWords(t, error, personal)).toBe(text);
  });
});

it.each([
  [problem("gone"), "gone"],
  [problem("not_found"), "bad"],
  [problem("forbidden"), "other"],
  [problem("conflict"), "member"],
  [problem("unavailable"), null],
  [new NetworkFault(null), null],
])("An invite answered with %s ends as %s", (error, end) => {
  expect(inviteEnd(error)).toBe(end);
});
