/** Small rules about single elements on their way to and from the canvas. */

import { type BoardElement, keyOf } from "../protocol/element.ts";
import { isGrowing } from "../protocol/growth.ts";
import { isEmptyText, isReceivable } from "../protocol/incoming.ts";
import { wins } from "../protocol/merge.ts";

const BASE_BYTES = 500;
const POINT_BYTES = 14;
const CHARACTER_BYTES = 2;
const SHORT_STROKE_POINTS = 20;

/** An empty text is none yet (trap 1); what the editor cannot hold would keep the board from opening (traps 6 and 7). */
export function isShowable(element: BoardElement): boolean {
  return isReceivable(element) && !isEmptyText(element);
}

export function isSame(element: BoardElement, other: BoardElement | undefined): boolean {
  return other !== undefined && keyOf(element) === keyOf(other);
}

/** Of each element the state that wins. */
export function newest(elements: Iterable<BoardElement>): BoardElement[] {
  const found = new Map<string, BoardElement>();
  for (const element of elements) {
    if (wins(element, found.get(element.id))) {
      found.set(element.id, element);
    }
  }
  return [...found.values()];
}

/** A line of less than two points cannot be drawn by the editor; with two equal ones it is as invisible as before. */
export function drawable(element: BoardElement): BoardElement {
  const points = element.points;
  if (!Array.isArray(points) || points.length >= 2) {
    return { ...element };
  }
  return { ...element, points: [points[0] ?? [0, 0], points[0] ?? [0, 0]] };
}

/** Under the pen, and no mere letter. */
export function isLongStroke(element: BoardElement): boolean {
  return isGrowing(element) && element.points.length > SHORT_STROKE_POINTS;
}

/** About how many bytes these take on their way; exact sizes are the outbox's business. */
export function roughBytes(elements: readonly BoardElement[]): number {
  let bytes = 0;
  for (const { points, text } of elements) {
    bytes += BASE_BYTES + (Array.isArray(points) ? points.length * POINT_BYTES : 0);
    bytes += typeof text === "string" ? text.length * CHARACTER_BYTES : 0;
  }
  return bytes;
}
