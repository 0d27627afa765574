/** What the page of a board asks of the canvas: the editor's side of the seam, loaded apart. */

import type { Present } from "../protocol/roster.ts";

export type Viewport = readonly [number, number, number, number];

export interface Canvas {
  /** Other people's cursors, selections and lasers. */
  showOthers(others: readonly Present[]): void;
  /** Moves the view so that all of this is seen. */
  goTo(viewport: Viewport): void;
  /** Marks whom one follows, or nobody. */
  follow(connection: string | null, name: string): void;
  exportImage(): void;
}
