/** The newest state of each element that the server has, or is about to get from here. */

import type { BoardElement } from "../protocol/element.ts";
import { wins } from "../protocol/merge.ts";

// Kept as copies: the editor changes its elements in place.
type Rank = Pick<BoardElement, "version" | "versionNonce">;

export class Known {
  #ranks = new Map<string, Rank>();

  has(id: string): boolean {
    return this.#ranks.has(id);
  }

  /** Whether this very state is the one that is known. */
  is(element: BoardElement): boolean {
    const rank = this.#ranks.get(element.id);
    return rank !== undefined && rank.version === element.version && rank.versionNonce === element.versionNonce;
  }

  /** Whether the state would win against the one that is known. */
  isBeatenBy(element: BoardElement): boolean {
    return wins(element, this.#ranks.get(element.id));
  }

  version(id: string): number {
    return this.#ranks.get(id)?.version ?? 0;
  }

  set(element: BoardElement): void {
    this.#ranks.set(element.id, { version: element.version, versionNonce: element.versionNonce });
  }

  forget(id: string): void {
    this.#ranks.delete(id);
  }

  clear(): void {
    this.#ranks.clear();
  }
}
