// @vitest-environment jsdom
/** The scene and the board in step, against the editor's package itself. */

import { afterEach, describe, expect, it } from "vitest";
import { type BoardElement, keyOf } from "../../protocol/element.ts";
import { Desk, element, later } from "./desk.tsx";

let desk: Desk;

afterEach(() => desk.close());

describe("What the person does", () => {
  it("is sent once, and an echo of it changes nothing on the canvas", async () => {
    desk = await new Desk().open([]);
    await desk.edit([element("rectangle", { id: "r", index: "a1" })]);
    const before = desk.one("r");

    await desk.receive(...desk.drawn);

    expect(desk.drawn.map((one) => one.id)).toEqual(["r"]);
    // The same object: replacing it would abort a stroke in hand.
    expect(desk.one("r")).toBe(before);
  });

  it("is not sent as a pixel too small to see, nor as a tombstone of what nobody knew", async () => {
    desk = await new Desk().open([]);

    await desk.edit([
      element("rectangle", { id: "dot", index: "a1", width: 0, height: 0 }),
      element("rectangle", { id: "undone", index: "a2", isDeleted: true }),
    ]);

    expect(desk.drawn).toEqual([]);
  });

  it("is sent as a tombstone when the editor drops a shape that shrank to nothing", async () => {
    desk = await new Desk().open([element("ellipse", { id: "other", index: "a1" })]);
    const shape = element("rectangle", { id: "r", index: "a2" });
    await desk.edit([...desk.shown, shape]);

    await desk.edit(desk.shown.filter((one) => one.id !== "r"));

    expect(desk.drawn.at(-1)).toMatchObject({ id: "r", isDeleted: true });
    expect(desk.drawn.at(-1)?.version).toBeGreaterThan(shape.version);
  });

  it("never deletes for others what was there before, though the canvas lost it", async () => {
    desk = await new Desk().open([
      element("ellipse", { id: "a", index: "a1" }),
      element("ellipse", { id: "b", index: "a2" }),
    ]);

    await desk.edit([]);
    expect(desk.drawn).toEqual([]);
    await desk.does(() => void desk.clock.pass(11_000));

    expect(desk.shown.map((one) => one.id)).toEqual(["a", "b"]);
  });

  it("is taken off again when boards have no such thing", async () => {
    desk = await new Desk().open([]);
    const frame = { ...element("rectangle", { id: "i", index: "a1" }), type: "iframe", customData: {} };

    await desk.edit([frame as unknown as BoardElement]);

    expect(desk.foreign).toBe(1);
    expect(desk.shown).toEqual([]);
    expect(desk.drawn).toEqual([]);
  });

  it("loses a dangerous link, here and for others", async () => {
    desk = await new Desk().open([]);

    await desk.edit([element("rectangle", { id: "r", index: "a1", link: "javascript:alert(1)" })]);

    expect(desk.unsafe).toBe(1);
    expect(desk.one("r")?.link).toBeNull();
    expect(desk.drawn.map((one) => [one.id, one.link])).toEqual([["r", null]]);
  });
});

describe("What the server refuses", () => {
  it("goes back to what stands there, is not sent again, and may be edited on", async () => {
    const standing = element("rectangle", { id: "r", index: "a1" });
    desk = await new Desk().open([standing]);
    await desk.edit([later(standing, { x: 500 })]);
    const [refused] = desk.drawn;

    await desk.does(() => desk.scene.revert([refused as BoardElement]));
    expect(desk.one("r")).toMatchObject({ x: standing.x, version: standing.version });
    expect(desk.drawn).toHaveLength(1);
    await desk.edit([later(later(standing), { x: 600 })]);

    expect(desk.drawn.at(-1)).toMatchObject({ id: "r", x: 600 });
  });

  it("and never had is taken off", async () => {
    desk = await new Desk().open([element("ellipse", { id: "other", index: "a1" })]);
    await desk.edit([...desk.shown, element("rectangle", { id: "r", index: "a2" })]);

    await desk.does(() => desk.scene.revert(desk.drawn));

    expect(desk.shown.map((one) => one.id)).toEqual(["other"]);
    expect(desk.drawn).toHaveLength(1);
  });

  it("stays when a newer state of it is under way", async () => {
    const standing = element("rectangle", { id: "r", index: "a1" });
    desk = await new Desk().open([standing]);
    await desk.edit([later(standing, { x: 500 })]);
    desk.unsaved.add("r");

    await desk.does(() => desk.scene.revert(desk.drawn));

    expect(desk.one("r")).toMatchObject({ x: 500 });
  });
});

describe("What others do", () => {
  it("is not in the person's own history: undo takes back only one's own", async () => {
    desk = await new Desk().open([]);
    await desk.edit([element("rectangle", { id: "mine", index: "a1" })]);

    await desk.receive(element("ellipse", { id: "theirs", index: "a2" }));
    await desk.does(() => {
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "z", code: "KeyZ", ctrlKey: true, bubbles: true }));
    });

    expect(desk.one("theirs")?.isDeleted).toBe(false);
  });

  it("wins against an older state and loses against a newer one, as everywhere", async () => {
    const shape = element("rectangle", { id: "r", index: "a1" });
    desk = await new Desk().open([shape]);
    await desk.edit([later(later(shape), { x: 7 })]);

    await desk.receive(later(shape, { x: 9 }));
    expect(desk.one("r")).toMatchObject({ x: 7 });
    await desk.receive(later(later(later(shape)), { x: 11 }));

    expect(desk.one("r")).toMatchObject({ x: 11 });
    expect(desk.drawn).toHaveLength(1);
  });

  it("that shrank to nothing or is a tombstone of such reaches the canvas too", async () => {
    const shape = element("rectangle", { id: "r", index: "a1" });
    const line = element("line", { id: "l", index: "a2" });
    desk = await new Desk().open([shape, line]);

    await desk.receive(
      later(shape, { width: 0, height: 0, isDeleted: true }),
      later(line, { points: [], isDeleted: true }),
    );

    expect(desk.shown.map((one) => [one.id, one.isDeleted])).toEqual([
      ["r", true],
      ["l", true],
    ]);
    expect(desk.drawn).toEqual([]);
  });
});

describe("A board read anew", () => {
  it("shows the new state, keeps what only this canvas knows, and drops what is gone", async () => {
    desk = await new Desk().open([
      element("rectangle", { id: "stays", index: "a1" }),
      element("rectangle", { id: "goes", index: "a2" }),
    ]);
    await desk.does(() => {
      desk.editor.updateScene({ elements: [...desk.shown, element("ellipse", { id: "fresh", index: "a3" })] as never });
      desk.scene.replace([
        element("rectangle", { id: "stays", index: "a1" }),
        element("diamond", { id: "new", index: "a4" }),
      ]);
    });

    expect(desk.shown.map((one) => one.id)).toEqual(["stays", "fresh", "new"]);
    expect(desk.drawn.map((one) => one.id)).toEqual(["fresh"]);
  });
});

describe("Whatever slipped through", () => {
  it("is found by comparing while nothing moves, in both directions", async () => {
    const [a, b] = [element("rectangle", { id: "a", index: "a1" }), element("rectangle", { id: "b", index: "a2" })];
    desk = await new Desk().open([a, b]);
    desk.server.set("a", later(a, { x: 123 }));
    desk.server.set("c", element("ellipse", { id: "c", index: "a3" }));

    await desk.does(() => void desk.clock.pass(11_000));

    expect(desk.one("a")).toMatchObject({ x: 123 });
    expect(desk.one("c")).toBeDefined();
    expect(keyOf(desk.one("b") as BoardElement)).toBe(keyOf(b));
  });
});

describe("A new picture", () => {
  it("is not sent while it is no file of the board; once it is, it is sent with the file's id", async () => {
    desk = await new Desk().open([]);
    desk.unfiled.add("local");
    const picture = element("image", { fileId: "local", status: "pending" });

    await desk.edit([picture]);
    expect(desk.drawn).toEqual([]);
    expect(desk.waiting.map((one) => one.id)).toContain(picture.id);
    await desk.does(() => desk.scene.pictured("local", "file"));

    expect(desk.drawn.map(({ id, fileId, status }) => [id, fileId, status])).toEqual([[picture.id, "file", "saved"]]);
    expect(desk.one(picture.id)?.fileId).toBe("file");
  });

  it("is taken off the canvas when it was refused, and nobody hears of it", async () => {
    desk = await new Desk().open([]);
    desk.unfiled.add("local");
    const picture = element("image", { fileId: "local", status: "pending" });

    await desk.edit([picture]);
    await desk.does(() => desk.scene.unpictured("local"));

    expect(desk.one(picture.id)).toBeUndefined();
    expect(desk.drawn).toEqual([]);
  });
});
