import { describe, expect, it } from "vitest";
import type { Thread } from "../../api/comments.ts";
import type { RoomEvent } from "../../protocol/frames.ts";
import { anchorAt, placeOf } from "../anchors.ts";
import { askedAt, completed, matching, mentionedIn, partsOf } from "../mentions.ts";
import { Seen } from "../seen.ts";
import { applied, placed } from "../threads.ts";

const NAMES: Readonly<Record<string, string>> = { ada: "Ada", grace: "Grace" };
const nameOf = (userId: string): string | null => NAMES[userId] ?? null;

function event(type: string, data: Record<string, unknown>, time = "2026-01-02T03:04:05.000Z"): RoomEvent {
  return { seq: 1, type: `comments.${type}`, id: "e", client_id: null, actor: "ada", connection: null, time, data };
}

const STARTED = event("thread_started", {
  thread_id: "t",
  comment_id: "c1",
  author_id: "ada",
  anchor: { x: 1, y: 2 },
  text: "Look",
  mention: ["grace"],
});
const REPLIED = event(
  "comment_added",
  { thread_id: "t", comment_id: "c2", author_id: "grace", text: "Yes", mention: [] },
  "2026-01-02T04:00:00.000Z",
);

function told(...events: readonly RoomEvent[]): readonly Thread[] {
  return events.reduce<readonly Thread[]>((threads, one) => applied(threads, one, nameOf) ?? threads, []);
}

describe("Threads by their facts", () => {
  it("are started, answered, changed, resolved and opened again", () => {
    const [thread] = told(
      STARTED,
      REPLIED,
      event("comment_edited", { thread_id: "t", comment_id: "c2", text: "Yes!", mention: [] }),
      event("thread_resolved", { thread_id: "t", resolved_by: "ada" }),
    );

    expect(thread?.comments.map((one) => [one.author_name, one.text, one.edited_at !== null])).toEqual([
      ["Ada", "Look", false],
      ["Grace", "Yes!", true],
    ]);
    expect(thread?.resolved).toBe(true);
    expect(told(STARTED, event("thread_reopened", { thread_id: "t" }))[0]?.resolved).toBe(false);
  });

  it("do not double what is told twice, and go with their last comment", () => {
    expect(told(STARTED, REPLIED, STARTED, REPLIED)[0]?.comments).toHaveLength(2);
    const gone = (id: string) => event("comment_deleted", { thread_id: "t", comment_id: id });
    expect(told(STARTED, REPLIED, gone("c1"))[0]?.comments.map((one) => one.comment_id)).toEqual(["c2"]);
    expect(told(STARTED, REPLIED, gone("c1"), gone("c2"), gone("c2"))).toEqual([]);
  });

  it("ask for the list when a thread is not known here", () => {
    expect(applied([], REPLIED, nameOf)).toBeNull();
  });

  it("forget a person whose account is gone", () => {
    const [thread] = told(STARTED, REPLIED, event("person_forgotten", { user_id: "grace" }));

    expect(thread?.comments.map((one) => [one.author_id, one.author_name, one.mention])).toEqual([
      ["ada", "Ada", []],
      [null, null, []],
    ]);
  });

  it("take the place of the same thread, or the first one", () => {
    const [thread] = told(STARTED) as [Thread];
    const other = { ...thread, thread_id: "u" };

    expect(placed([thread], other).map((one) => one.thread_id)).toEqual(["u", "t"]);
    expect(placed([other, thread], { ...thread, resolved: true }).map((one) => one.resolved)).toEqual([false, true]);
  });
});

describe("What was read", () => {
  const memory = (): Pick<Storage, "getItem" | "setItem"> => {
    const kept = new Map<string, string>();
    return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
  };

  it("is remembered by board and person, up to the last comment of others", () => {
    const kept = memory();
    const threads = told(STARTED);
    const [thread] = threads as [Thread];
    const seen = new Seen(kept, "b", "grace");
    expect(seen.isUnread(thread, "grace")).toBe(true);
    expect(seen.isUnread(thread, "ada")).toBe(false);

    seen.read(thread, threads);

    expect(new Seen(kept, "b", "grace").isUnread(thread, "grace")).toBe(false);
    expect(new Seen(kept, "b", "other").isUnread(thread, "other")).toBe(true);
    const [answered] = told(STARTED, { ...REPLIED, data: { ...REPLIED.data, author_id: "ada" } }) as [Thread];
    expect(seen.isUnread(answered, "grace")).toBe(true);
    expect(seen.isUnread({ ...answered, resolved: true }, "grace")).toBe(false);
  });

  it("survives junk in the browser's memory", () => {
    const kept = memory();
    kept.setItem("doska.comments.x.b", "{");
    expect(new Seen(kept, "b", "x").isUnread(told(STARTED)[0] as Thread, "grace")).toBe(true);
  });
});

describe("Mentions", () => {
  const people = [
    { user_id: "1", name: "Ada Lovelace" },
    { user_id: "2", name: "Анна" },
    { user_id: "3", name: "Ada" },
  ];

  it("are asked for by an @ that begins a word", () => {
    expect(askedAt("hello @ad", 9)).toEqual({ start: 6, text: "ad" });
    expect(askedAt("@", 1)).toEqual({ start: 0, text: "" });
    expect(askedAt("mail@ad", 7)).toBeNull();
    expect(askedAt("@ad\nx", 5)).toBeNull();
    expect(askedAt("hello", 5)).toBeNull();
  });

  it("are offered by any word of a name, whatever its case", () => {
    expect(matching(people, "love").map((one) => one.user_id)).toEqual(["1"]);
    expect(matching(people, "ан").map((one) => one.user_id)).toEqual(["2"]);
    expect(matching(people, "").map((one) => one.user_id)).toEqual(["1", "2", "3"]);
  });

  it("stand in the text, and count while they do", () => {
    const done = completed("Hi @ad, look", { start: 3, text: "ad" }, "Ada Lovelace");
    expect(done).toEqual({ text: "Hi @Ada Lovelace , look", caret: 17 });
    expect(mentionedIn(done.text, people.slice(0, 2))).toEqual(["1"]);
    expect(mentionedIn("nobody", people)).toEqual([]);
  });

  it("are cut out of a text, the longer name first", () => {
    expect(partsOf("@Ada Lovelace and @Ada.", ["Ada", "Ada Lovelace"])).toEqual([
      { text: "@Ada Lovelace", isMention: true },
      { text: " and ", isMention: false },
      { text: "@Ada", isMention: true },
      { text: ".", isMention: false },
    ]);
    expect(partsOf("plain", [])).toEqual([{ text: "plain", isMention: false }]);
  });
});

describe("A pin", () => {
  const box = { id: "e", x: 100, y: 50, width: 40, height: 20 };

  it("stands on the topmost element under it and moves along", () => {
    const anchor = anchorAt({ x: 110.04, y: 60 }, [{ ...box, id: "below" }, box]);
    expect(anchor).toEqual({ x: 110, y: 60, element_id: "e", dx: 10, dy: 10 });
    expect(placeOf(anchor, () => ({ ...box, x: 500 }))).toEqual({ x: 510, y: 60 });
  });

  it("stays at its place when the element is gone, or where there was none", () => {
    const anchor = anchorAt({ x: 110, y: 60 }, [box]);
    expect(placeOf(anchor, () => undefined)).toEqual({ x: 110, y: 60 });
    expect(anchorAt({ x: 0, y: 0 }, [box])).toEqual({ x: 0, y: 0 });
  });
});
