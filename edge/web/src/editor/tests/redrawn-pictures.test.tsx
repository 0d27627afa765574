// @vitest-environment jsdom
/** Pictures are drawn once they can be, whatever became of their elements meanwhile; against the package itself. */

import "./canvas-stub.ts";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { repaired } from "../../../vite/editor-repairs.ts";
import { excalidrawShelf } from "../excalidraw-surface.ts";
import { drawings } from "./canvas-stub.ts";
import { Desk, element, later } from "./desk.tsx";

const FILE = "01980c5e-0031-7a10-8f2e-3c4d5e6f7081";
const PICTURE = { id: FILE, mimeType: "image/png", dataURL: "data:image/png;base64,AAEC" };
const PROD = resolve(import.meta.dirname, "../../../node_modules/@excalidraw/excalidraw/dist/prod/index.js");
// Over the corner of a view that has no size here: what is outside of it is not drawn.
const IMAGE = element("image", { id: "i", index: "a1", fileId: FILE, x: -50, y: -50, width: 100, height: 100 });

let desk: Desk;
/** Those under way: each is decoded when the test says so. */
let decoding: SlowImage[];

class SlowImage extends EventTarget {
  onload: () => void = () => undefined;
  onerror: () => void = () => undefined;
  naturalWidth = 100;
  naturalHeight = 100;
  width = 100;
  height = 100;
  set src(_: string) {
    decoding.push(this);
  }
}

beforeEach(() => {
  decoding = [];
  vi.stubGlobal("Image", SlowImage);
});

afterEach(() => {
  desk.close();
  vi.unstubAllGlobals();
});

it("an element that was replaced while its picture was decoded shows the picture", async () => {
  desk = await new Desk().open([IMAGE]);
  const drawn = drawings();
  await desk.does(() => excalidrawShelf(desk.editor).add(PICTURE));
  expect(decoding).toHaveLength(1);

  await desk.receive(later(IMAGE, { x: -40 }));
  await desk.does(() => decoding[0]?.onload());

  expect(desk.one("i")?.x).toBe(-40);
  expect(drawn()).toContain(decoding[0]);
});

it("one that came while it was decoded shows it too", async () => {
  desk = await new Desk().open([IMAGE]);
  await desk.does(() => excalidrawShelf(desk.editor).add(PICTURE));
  const drawn = drawings();

  await desk.receive({ ...IMAGE, id: "j", index: "a2" });
  await desk.does(() => decoding[0]?.onload());

  expect(drawn().filter((one) => one === decoding[0])).toHaveLength(2);
});

it("the package that is shipped is mended, and one that is written otherwise is told", () => {
  const code = readFileSync(PROD, "utf8");

  expect(repaired(code)).toHaveLength(code.length + "this.scene.getNonDeletedElements()".length - 1);
  expect(() => repaired(repaired(code))).toThrow("in 0 places");
});
