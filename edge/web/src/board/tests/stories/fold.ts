/**
 * What a log of ops leaves, written anew from the page of the protocol: the client's own rule is the one under test and is
 * not asked. Held to the vectors that all implementations share.
 */

import type { Appended } from "../../../protocol/append.ts";
import type { BoardElement } from "../../../protocol/element.ts";

export type LoggedOp = { readonly draw: readonly BoardElement[] } | { readonly append: Appended };
export type State = Map<string, BoardElement>;

const BYTES_OF_A_POINT = 52;
const BYTES_OF_A_PRESSURE = 25;
const BYTES_OF_A_STROKE = 240_000;

function stands(next: { version: number; versionNonce: number }, before: BoardElement): boolean {
  return next.version > before.version || (next.version === before.version && next.versionNonce < before.versionNonce);
}

function longer(op: Appended, before: BoardElement): BoardElement | null {
  const { points, pressures, customData, boundElements } = before;
  const bound = Array.isArray(boundElements) && boundElements.length > 0;
  if (before.type !== "freedraw" || before.isDeleted || customData !== undefined || bound) {
    return null;
  }
  const onItsBase = op.base.version === before.version && op.base.versionNonce === before.versionNonce;
  if (!Array.isArray(points) || !Array.isArray(pressures) || !onItsBase || !stands(op, before)) {
    return null;
  }
  const pressed = op.pressures ?? [];
  const bytes =
    BYTES_OF_A_POINT * (points.length + op.points.length) + BYTES_OF_A_PRESSURE * (pressures.length + pressed.length);
  if ((pressed.length !== 0 && pressed.length !== op.points.length) || bytes > BYTES_OF_A_STROKE) {
    return null;
  }
  const { version, versionNonce, width, height, updated } = op;
  const grown = { version, versionNonce, width, height, updated };
  return { ...before, ...grown, points: [...points, ...op.points], pressures: [...pressures, ...pressed] };
}

/** Takes the next op of the log into the state; the ids of the elements that it changed. */
export function take(op: LoggedOp, state: State): string[] {
  if ("append" in op) {
    const before = state.get(op.append.element_id);
    const after = before === undefined ? null : longer(op.append, before);
    if (after === null) {
      return [];
    }
    state.set(after.id, after);
    return [after.id];
  }
  const changed = op.draw.filter((element) => {
    const before = state.get(element.id);
    return before === undefined || stands(element, before);
  });
  for (const element of changed) {
    state.set(element.id, element);
  }
  return changed.map((element) => element.id);
}
