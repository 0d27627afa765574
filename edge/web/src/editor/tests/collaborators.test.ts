// @vitest-environment jsdom
import "./canvas-stub.ts";
import { expect, it } from "vitest";
import { collaboratorsOf, coloredId, hueOf } from "../collaborators.ts";

/** The editor's own way from an id to a hue. */
function editorHue(id: string): number {
  let hash = 0;
  for (let position = 0; position < id.length; position += 1) {
    hash = (hash << 5) - hash + id.charCodeAt(position);
  }
  return (Math.abs(hash) % 37) * 10;
}

it.each(["#1971c2", "#e03131", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599", "#c2255c", "#6741d9"])(
  "The editor shows a person of colour %s in nearly that hue",
  (color) => {
    const hue = editorHue(coloredId("01a1fe74-d15d-7127-9c96-9ad586e5afca", color));

    expect(Math.abs(hue - hueOf(color))).toBeLessThanOrEqual(5.1);
  },
);

it("A cursor that only points is no business of the editor, a laser is", () => {
  const person = (tool: "pointer" | "laser") => ({
    connection: "w1",
    user_id: "u",
    name: "Ann",
    color: "#e03131",
    data: { pointer: { x: 1, y: 2, tool }, button: "down" as const, selection: ["a"] },
  });

  const [plain] = collaboratorsOf([person("pointer")], new Map()).values();
  const [laser] = collaboratorsOf([person("laser")], new Map()).values();

  expect(plain?.pointer).toBeUndefined();
  expect(plain?.selectedElementIds).toEqual({ a: true });
  expect(laser?.pointer).toMatchObject({ x: 1, y: 2, tool: "laser", renderCursor: false, laserColor: "#e03131" });
});
