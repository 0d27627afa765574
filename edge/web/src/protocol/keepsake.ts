/** Unconfirmed edits outlive the page: a closed lid or a crashed tab loses nothing. What the client needs of that. */

import type { BoardElement } from "./element.ts";

export interface KeepsakeListener {
  /** What pages that are no more left unconfirmed; no state of an element comes twice. */
  onFound(elements: readonly BoardElement[]): void;
  /** Whether all that was saved last outlives the page. */
  onKept(isKept: boolean): void;
}

export interface Keepsake {
  /** Ends when all that was left is found, or when looking for it takes too long: the rest is found later. */
  open(listener: KeepsakeListener): Promise<void>;
  /** All that is unconfirmed now; what is not in it is forgotten. */
  save(elements: readonly BoardElement[]): void;
  /** Another page may have died meanwhile. */
  look(): void;
  /** From now on others may take over what is left here. */
  close(): void;
}

export const nothingKept: Keepsake = {
  open: async (listener) => listener.onKept(false),
  save: () => undefined,
  look: () => undefined,
  close: () => undefined,
};
