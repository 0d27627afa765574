import { expect, it } from "vitest";
import type { BoardElement } from "../../protocol/element.ts";
import { differences } from "../differences.ts";

function element(id: string, more: Partial<BoardElement> = {}): BoardElement {
  return { id, type: "rectangle", version: 1, versionNonce: 1, index: "a0", isDeleted: false, x: 0, ...more };
}

const ids = (elements: readonly BoardElement[]): string[] => elements.map((each) => each.id);

it("Counts what came, what went and what is another now", () => {
  const before = [element("same"), element("moved"), element("gone")];
  const after = [element("same"), element("moved", { x: 9 }), element("new")];

  const found = differences(before, after);

  expect([ids(found.added), ids(found.changed), ids(found.removed)]).toEqual([["new"], ["moved"], ["gone"]]);
});

it("An element that was touched and is as it was has not changed", () => {
  const touched = element("a", { version: 7, versionNonce: 99, updated: 5 });

  expect(differences([element("a")], [touched])).toEqual({ added: [], changed: [], removed: [] });
});

it("The order of keys is no difference, inside of an element neither", () => {
  const one = element("a", { roundness: { type: 3, value: 1 } });
  const other = element("a", { roundness: { value: 1, type: 3 } });

  expect(differences([one], [other]).changed).toEqual([]);
});

it("A tombstone is as nothing", () => {
  const dead = element("a", { isDeleted: true });

  expect(ids(differences([dead], [element("a")]).added)).toEqual(["a"]);
  expect(ids(differences([element("a")], [dead]).removed)).toEqual(["a"]);
});
