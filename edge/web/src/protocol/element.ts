/** A board element as it travels: only what merging needs is named, the rest is the editor's. */

export interface BoardElement {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly versionNonce: number;
  readonly index: string;
  readonly isDeleted: boolean;
  readonly [field: string]: unknown;
}

/** Identifies one state of an element. `version` alone would miss two edits made at the same version. */
export type ElementKey = string;

export function keyOf(element: Pick<BoardElement, "version" | "versionNonce">): ElementKey {
  return `${element.version}:${element.versionNonce}`;
}

/** The order of a board. The editor re-numbers an array that is not in it, and thereby bumps versions. */
export function byIndexThenId(a: Pick<BoardElement, "index" | "id">, b: Pick<BoardElement, "index" | "id">): number {
  if (a.index !== b.index) {
    return a.index < b.index ? -1 : 1;
  }
  if (a.id === b.id) {
    return 0;
  }
  return a.id < b.id ? -1 : 1;
}
