// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Caller } from "../../api/caller.ts";
import type { Thread } from "../../api/comments.ts";
import { draggedTo, steppedTo } from "../carrying.ts";
import { Comments } from "../comments.ts";
import { Seen } from "../seen.ts";

// What jsdom lacks and the page asks for as it loads.
vi.hoisted(() => {
  window.matchMedia = (() => ({ matches: false, addEventListener: () => undefined })) as never;
});

const GRIP = { from: { x: 100, y: 50 }, pointer: { x: 400, y: 300 } };

describe("A pin in the hand", () => {
  it("does not move with a hand that only presses", () => {
    expect(draggedTo(GRIP, { x: 402, y: 302 }, 1)).toBeNull();
  });

  it("moves as far on the screen as the pointer, however near the board is", () => {
    expect(draggedTo(GRIP, { x: 420, y: 290 }, 1)).toEqual({ x: 120, y: 40 });
    expect(draggedTo(GRIP, { x: 420, y: 290 }, 2)).toEqual({ x: 110, y: 45 });
  });

  it("goes by the arrow keys, far with Shift, and by no other key", () => {
    expect(steppedTo({ x: 0, y: 0 }, "ArrowRight", false, 1)).toEqual({ x: 10, y: 0 });
    expect(steppedTo({ x: 0, y: 0 }, "ArrowUp", true, 0.5)).toEqual({ x: 0, y: -100 });
    expect(steppedTo({ x: 0, y: 0 }, "a", false, 1)).toBeNull();
  });
});

describe("A pin that is put elsewhere", () => {
  const thread: Thread = {
    thread_id: "t",
    anchor: { x: 1, y: 2 },
    started_at: "2026-01-02T03:04:05.000Z",
    resolved: false,
    resolved_by: null,
    comments: [],
  };
  let answer: () => Promise<Response>;
  let comments: Comments;
  const anchor = () => comments.store.get().threads[0]?.anchor;

  beforeEach(async () => {
    vi.stubGlobal("fetch", async (path: string) =>
      path.includes("/move") ? answer() : Response.json({ items: [thread], next: null }),
    );
    const credentials = { current: async () => ({ token: "t" }), renew: async () => ({ token: "t" }) };
    comments = new Comments({
      boardId: "b",
      caller: new Caller(credentials as unknown as Caller["credentials"]),
      seen: new Seen(localStorage, "b", "u"),
      myUserId: () => "u",
      present: () => [],
    });
    comments.read();
    await vi.waitUntil(() => anchor() !== undefined);
  });

  afterEach(() => {
    comments.stop();
    vi.unstubAllGlobals();
  });

  it("stands there at once", async () => {
    answer = async () => Response.json({ ...thread, anchor: { x: 30, y: 40 } });

    const moving = comments.move("t", { x: 30, y: 40 });
    expect(anchor()).toEqual({ x: 30, y: 40 });
    await moving;

    expect(anchor()).toEqual({ x: 30, y: 40 });
  });

  it("goes back when the server refuses", async () => {
    answer = async () => Response.json({ code: "forbidden", detail: "no", errors: [] }, { status: 403 });

    await comments.move("t", { x: 30, y: 40 });

    expect(anchor()).toEqual({ x: 1, y: 2 });
  });
});
