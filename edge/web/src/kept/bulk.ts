/** Room for many unconfirmed edits, each state of an element under an address of its own. */

import { type BoardElement, keyOf } from "../protocol/element.ts";

/** The page that wrote it, the state, the element. An address is written once: whoever deletes it deletes nothing newer. */
export type Address = string;

export function addressOf(page: string, element: BoardElement): Address {
  return `${page}/${stateOf(element)}`;
}

/** The same state under whichever page. */
export function stateOf(element: BoardElement): string {
  return `${keyOf(element)}/${element.id}`;
}

/** What lies there: which element, and which state of it. */
export function contentOf(address: Address): { id: string; state: string } {
  const state = address.slice(address.indexOf("/") + 1);
  return { id: state.slice(state.indexOf("/") + 1), state };
}

/** Each call does all of it or, when it rejects, nothing; once it resolves, that outlives a loss of power. */
export interface Bulk {
  /** Those that left something here. */
  pages(): Promise<string[]>;
  read(page: string): Promise<BoardElement[]>;
  put(page: string, elements: readonly BoardElement[]): Promise<void>;
  drop(addresses: readonly Address[]): Promise<void>;
}

/** What was there before a call that met this is still there. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && error.name === "QuotaExceededError";
}
