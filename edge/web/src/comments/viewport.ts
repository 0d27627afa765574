/** What comments need of the canvas; filled by the editor. */

import type { Box, Point } from "./anchors.ts";

export interface View {
  readonly scrollX: number;
  readonly scrollY: number;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
  /** Raised when elements changed: pins may stand elsewhere. */
  readonly drawn: number;
}

export interface Viewport {
  get(): View;
  subscribe(listener: () => void): () => void;
  element(id: string): Box | undefined;
  /** Living elements in the board's order. */
  elements(): readonly Box[];
  /** Brings a place of the board into the middle. */
  goTo(point: Point): void;
}

/** A place of the board in pixels of the canvas. */
export function onScreen(view: View, point: Point): Point {
  return { x: (point.x + view.scrollX) * view.zoom, y: (point.y + view.scrollY) * view.zoom };
}

/** Pixels of the canvas as a place of the board. */
export function onBoard(view: View, point: Point): Point {
  return { x: point.x / view.zoom - view.scrollX, y: point.y / view.zoom - view.scrollY };
}
