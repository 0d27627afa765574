/** How far a pin is carried: by a pointer, or by the arrow keys. Knows no page. */

import type { Point } from "./anchors.ts";

export interface Carried {
  readonly threadId: string;
  /** On the board. */
  readonly place: Point;
}

// A hand that presses is never quite still.
const STILL_PIXELS = 4;
const STEP_PIXELS = 10;
const LEAP_PIXELS = 50;
const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** How a pointer took a pin: where the pin stood on the board, where the pointer was on the page. */
export interface Grip {
  readonly from: Point;
  readonly pointer: Point;
}

/** Where the pin is by now; `null`: not moved on purpose yet. */
export function draggedTo({ from, pointer }: Grip, now: Point, zoom: number): Point | null {
  const right = now.x - pointer.x;
  const down = now.y - pointer.y;
  return Math.hypot(right, down) < STILL_PIXELS ? null : { x: from.x + right / zoom, y: from.y + down / zoom };
}

/** Where a key carries it; `null`: no key that does. Steps are as long on the screen however near the board is. */
export function steppedTo(from: Point, key: string, far: boolean, zoom: number): Point | null {
  const way = WAYS[key];
  if (way === undefined) {
    return null;
  }
  const pixels = far ? LEAP_PIXELS : STEP_PIXELS;
  return { x: from.x + (way[0] * pixels) / zoom, y: from.y + (way[1] * pixels) / zoom };
}
