/** What keeping a board and the editor in step needs of the editor: the seam that tests fill with its real functions. */

import type { BoardElement } from "../protocol/element.ts";

export interface Surface {
  /** All elements of the scene, tombstones included. The editor changes these objects in place. */
  elements(): readonly BoardElement[];
  /** Whether a text, a new shape or a resize is in hand: the editor then keeps its own state of that element. */
  isEditing(): boolean;
  isLoading(): boolean;
  /** Normalises elements of elsewhere; copies them, drops those too small to see, re-numbers what is out of order. */
  restore(elements: readonly BoardElement[]): BoardElement[];
  /** The editor's own merge of its scene with remote elements, in the board's order. */
  reconcile(remote: readonly BoardElement[]): BoardElement[];
  /** Shows these as the whole scene, outside of the undo history. */
  show(elements: readonly BoardElement[]): void;
  isTooSmall(element: BoardElement): boolean;
  /** A copy with these fields, its version raised: peers take it for an edit. */
  edited(element: BoardElement, fields: Partial<BoardElement>): BoardElement;
}
