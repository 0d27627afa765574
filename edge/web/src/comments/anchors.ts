/** Where a pin stands on the board: beside its element, or where it was put when there is no such element any more. */

import type { Anchor } from "../api/comments.ts";

export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

type ElementOf = (id: string) => Box | undefined;

export function placeOf(anchor: Anchor, elementOf: ElementOf): Point {
  const element = anchor.element_id === undefined ? undefined : elementOf(anchor.element_id);
  return element === undefined
    ? { x: anchor.x, y: anchor.y }
    : { x: element.x + (anchor.dx ?? 0), y: element.y + (anchor.dy ?? 0) };
}

/** The anchor of a pin put here; `elements` are in the board's order, the topmost last. */
export function anchorAt(point: Point, elements: readonly Box[]): Anchor {
  const place = { x: tenths(point.x), y: tenths(point.y) };
  const under = elements.findLast((element) => contains(element, point));
  return under === undefined
    ? place
    : { ...place, element_id: under.id, dx: tenths(point.x - under.x), dy: tenths(point.y - under.y) };
}

function contains({ x, y, width, height }: Box, point: Point): boolean {
  return point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
