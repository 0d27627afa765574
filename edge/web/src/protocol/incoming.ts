/**
 * What of the server's elements may be shown to the editor.
 *
 * The server checks all of this too. It is checked again because one element that makes the editor throw would keep
 * everybody from opening the board: the editor is not a validator.
 */

import type { BoardElement } from "./element.ts";

// A base-62 fractional index: the head letter gives the length of the integer part, a fraction never ends in zero.
const INDEX_HEAD = /^[A-Za-z][0-9A-Za-z]*$/;
const LOWER_A = "a".charCodeAt(0);
const UPPER_Z = "Z".charCodeAt(0);
const INDEX_CHARACTERS = 70;

/** Whether the editor can order by this index; it throws on others (`zz`, `r00000000`). */
export function indexIsValid(index: unknown): index is string {
  if (typeof index !== "string" || index.length > INDEX_CHARACTERS || !INDEX_HEAD.test(index)) {
    return false;
  }
  const head = index.charCodeAt(0);
  const integerCharacters = head >= LOWER_A ? head - LOWER_A + 2 : UPPER_Z - head + 2;
  if (index.length < integerCharacters) {
    return false;
  }
  return index.length === integerCharacters || !index.endsWith("0");
}

const TYPES_WITH_POINTS = new Set(["line", "arrow", "freedraw"]);

function isFiniteNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length >= 2 && isFiniteNumber(value[0]) && isFiniteNumber(value[1]);
}

/** Whether the editor can hold this element without throwing. */
export function isReceivable(element: BoardElement): boolean {
  if (typeof element.id !== "string" || element.id === "" || !indexIsValid(element.index)) {
    return false;
  }
  if (![element.x, element.y, element.width, element.height].every(isFiniteNumber)) {
    return false;
  }
  if (TYPES_WITH_POINTS.has(element.type) && !(Array.isArray(element.points) && element.points.every(isPoint))) {
    return false;
  }
  return element.type !== "text" || typeof element.text === "string";
}

/**
 * A text without text, which the editor of a receiver would turn into a tombstone with a version of its own: that
 * ties with the author's first keystroke, and the keystroke may lose.
 */
export function isEmptyText(element: Pick<BoardElement, "type" | "isDeleted"> & { readonly text?: unknown }): boolean {
  return element.type === "text" && !element.isDeleted && !element.text;
}
