import { expect, test } from "vitest";
import { appended } from "../append.ts";
import type { BoardElement } from "../element.ts";
import { wins } from "../merge.ts";
import { type AppendVector, appendVectors } from "./schema-files.ts";

function left(log: AppendVector["log"]): Map<string, BoardElement> {
  const state = new Map<string, BoardElement>();
  for (const { draw = [], append } of log) {
    for (const element of draw) {
      if (wins(element, state.get(element.id))) {
        state.set(element.id, element);
      }
    }
    if (append !== undefined) {
      const grown = appended(append, state.get(append.element_id));
      if (grown !== null) {
        state.set(grown.id, grown);
      }
    }
  }
  return state;
}

test.each(appendVectors())("$why", ({ log, state }) => {
  const found = left(log);

  expect([...found.keys()].sort()).toEqual(Object.keys(state).sort());
  for (const [id, wanted] of Object.entries(state)) {
    expect(found.get(id)).toMatchObject(wanted);
  }
});
