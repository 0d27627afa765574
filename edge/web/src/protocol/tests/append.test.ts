import { expect, test } from "vitest";
import vectors from "../../../../../schemas/boards/append_vectors.json";
import { type Appended, appended } from "../append.ts";
import type { BoardElement } from "../element.ts";
import { wins } from "../merge.ts";

type Fields = Record<string, unknown>;

/** A number in place of a list is that many of the same. */
function expanded(fields: Fields): Fields {
  const { points, pressures } = fields;
  return {
    ...fields,
    ...(typeof points === "number" ? { points: Array.from({ length: points }, () => [0, 0]) } : {}),
    ...(typeof pressures === "number" ? { pressures: Array.from({ length: pressures }, () => 0) } : {}),
  };
}

function left(log: readonly { draw?: readonly Fields[]; append?: Fields }[]): Map<string, BoardElement> {
  const state = new Map<string, BoardElement>();
  for (const { draw = [], append } of log) {
    for (const fields of draw) {
      const element = expanded(fields) as unknown as BoardElement;
      if (wins(element, state.get(element.id))) {
        state.set(element.id, element);
      }
    }
    if (append !== undefined) {
      const op = expanded(append) as unknown as Appended;
      const grown = appended(op, state.get(op.element_id));
      if (grown !== null) {
        state.set(grown.id, grown);
      }
    }
  }
  return state;
}

test.each(vectors.vectors)("$why", ({ log, state }) => {
  const found = left(log as readonly { draw?: readonly Fields[]; append?: Fields }[]);

  expect([...found.keys()].sort()).toEqual(Object.keys(state).sort());
  for (const [id, wanted] of Object.entries(state as Record<string, Fields>)) {
    expect(found.get(id)).toMatchObject(expanded(wanted));
  }
});
