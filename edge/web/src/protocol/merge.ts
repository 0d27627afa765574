/** Which of two states of an element stands: the rule of the protocol, the same at the edge, in the store and here. */

import type { BoardElement } from "./element.ts";

type Ranked = Pick<BoardElement, "version" | "versionNonce">;

/** The higher version wins; at equal versions the lower nonce; equal both: what stood first stays. */
export function wins(incoming: Ranked, standing: Ranked | undefined): boolean {
  if (standing === undefined) {
    return true;
  }
  if (incoming.version !== standing.version) {
    return incoming.version > standing.version;
  }
  return incoming.versionNonce < standing.versionNonce;
}

/** The state after all of them, whatever their order and however often each one comes. */
export function fold<E extends Ranked & { readonly id: string }>(elements: Iterable<E>): Map<string, E> {
  const state = new Map<string, E>();
  for (const element of elements) {
    if (wins(element, state.get(element.id))) {
      state.set(element.id, element);
    }
  }
  return state;
}
