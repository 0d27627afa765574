// @vitest-environment jsdom
/** The eight ways in which the editor's package loses people's work, each against the package itself. */

import { afterEach, describe, expect, it } from "vitest";
import { type BoardElement, keyOf } from "../../protocol/element.ts";
import { Desk, element, later } from "./desk.tsx";

let desk: Desk;

afterEach(() => desk.close());

function keys(elements: readonly BoardElement[]): Record<string, string> {
  return Object.fromEntries(elements.map((one) => [one.id, keyOf(one)]));
}

describe("Trap 1, empty text", () => {
  it("is not sent before it has a letter", async () => {
    desk = await new Desk().open([]);
    const text = element("text", { id: "t", text: "", originalText: "", version: 1, index: "a1" });

    await desk.edit([text]);
    expect(desk.drawn).toEqual([]);
    await desk.edit([later(text, { text: "h", originalText: "h" })]);

    expect(desk.drawn.map((one) => [one.id, one.text, one.isDeleted])).toEqual([["t", "h", false]]);
  });

  it("of somebody else does not become a tombstone here, and the first letter arrives", async () => {
    desk = await new Desk().open([]);
    const text = element("text", { id: "t", text: "", originalText: "", version: 3, index: "a1" });

    await desk.receive(text);
    expect(desk.one("t")).toBeUndefined();
    await desk.receive(later(text, { text: "h", originalText: "h" }));

    expect(desk.one("t")).toMatchObject({ text: "h", isDeleted: false, version: 4 });
    expect(desk.drawn).toEqual([]);
  });
});

describe("Trap 2, a batch out of order", () => {
  it("is shown in the board's order and no version moves", async () => {
    desk = await new Desk().open([
      element("rectangle", { id: "c", index: "a3" }),
      element("rectangle", { id: "a", index: "a1" }),
    ]);
    const batch = ["a9", "a5", "a7", "a4"].map((index) => element("ellipse", { id: index, index }));

    await desk.receive(...batch);

    expect(desk.shown.map((one) => one.id)).toEqual(["a", "c", "a4", "a5", "a7", "a9"]);
    expect(keys(desk.shown)).toEqual(keys([...desk.server.values()]));
    expect(desk.drawn).toEqual([]);
  });
});

describe("Trap 3, what arrives before the first snapshot is shown", () => {
  it("is there afterwards", async () => {
    const early = element("ellipse", { id: "early", index: "a2" });
    desk = new Desk();
    await desk.open([element("rectangle", { id: "snapshot", index: "a1" })], () => {
      desk.server.set("early", early);
      desk.scene.receive([early]);
    });

    expect(desk.shown.map((one) => one.id)).toEqual(["snapshot", "early"]);
  });
});

describe("Trap 4, a deletion while one edits the text", () => {
  it("is passed over at first and done when the editing ends", async () => {
    const text = element("text", { id: "t", text: "draft", originalText: "draft", index: "a1" });
    desk = await new Desk().open([text]);
    await desk.edit(desk.shown, { editingTextElement: desk.one("t") });

    await desk.receive(later(later(text), { isDeleted: true }));
    expect(desk.one("t")?.isDeleted).toBe(false);
    await desk.edit(desk.shown, { editingTextElement: null });

    expect(desk.one("t")?.isDeleted).toBe(true);
    expect(keyOf(desk.one("t") as BoardElement)).toBe(keyOf(desk.server.get("t") as BoardElement));
  });

  it("does not undo what was written on and won", async () => {
    const text = element("text", { id: "t", text: "draft", originalText: "draft", index: "a1" });
    desk = await new Desk().open([text]);
    await desk.edit(desk.shown, { editingTextElement: desk.one("t") });

    await desk.receive(later(text, { isDeleted: true }));
    const written = later(later(later(text)), { text: "draft, longer", originalText: "draft, longer" });
    await desk.edit([written], { editingTextElement: null });

    expect(desk.one("t")).toMatchObject({ text: "draft, longer", isDeleted: false });
    expect(desk.drawn.at(-1)).toMatchObject({ id: "t", text: "draft, longer" });
  });
});

describe("Trap 5, a place in the order that two elements claim", () => {
  it("is settled by re-numbering one of them, and the others are told", async () => {
    desk = await new Desk().open([element("rectangle", { id: "mine", index: "a1", version: 4 })]);

    await desk.receive(element("ellipse", { id: "theirs", index: "a1", version: 4 }));

    const moved = desk.shown.filter((one) => keyOf(one) !== keyOf(desk.server.get(one.id) as BoardElement));
    expect(moved.length).toBe(1);
    expect(desk.drawn.map((one) => [one.id, keyOf(one)])).toEqual(moved.map((one) => [one.id, keyOf(one)]));
    expect(new Set(desk.shown.map((one) => one.index)).size).toBe(2);
  });
});

describe("Trap 6, a malformed place in the order", () => {
  it.each(["r00000000", "zz", "a!"])("%s does not keep the board from opening", async (index) => {
    desk = await new Desk().open([
      element("rectangle", { id: "bad", index }),
      element("rectangle", { id: "good", index: "a1" }),
    ]);
    await desk.receive(element("ellipse", { id: "worse", index }), element("ellipse", { id: "fine", index: "a2" }));

    expect(desk.shown.map((one) => one.id)).toEqual(["good", "fine"]);
  });
});

describe("Trap 7, points and texts that are none", () => {
  it("do not keep the board from opening", async () => {
    const bad = [
      element("line", { id: "b1", index: "a1", points: null }),
      element("text", { id: "b2", index: "a2", text: 7 }),
      element("rectangle", { id: "b3", index: "a3", x: Number.NaN }),
      element("rectangle", { id: "b4", index: "a4", width: "abc" }),
    ];
    desk = await new Desk().open([...bad, element("rectangle", { id: "good", index: "a5" })]);
    await desk.receive(...bad.map((one) => later(one)), element("ellipse", { id: "fine", index: "a6" }));

    expect(desk.shown.map((one) => one.id)).toEqual(["good", "fine"]);
  });
});

describe("Trap 8, a page that only looks", () => {
  it("shows the server's elements whatever it re-numbered by itself, and sends nothing", async () => {
    desk = await new Desk({ readOnly: true }).open([
      element("rectangle", { id: "a", index: "a1", version: 4 }),
      element("rectangle", { id: "b", index: "a1", version: 4 }),
    ]);
    const changed = later(desk.server.get("b") as BoardElement, { index: "a2", versionNonce: 2 ** 31 - 1 });

    await desk.receive(changed);

    expect(desk.one("b")).toMatchObject({ index: "a2", version: 5, versionNonce: 2 ** 31 - 1 });
    expect(desk.drawn).toEqual([]);
  });
});
