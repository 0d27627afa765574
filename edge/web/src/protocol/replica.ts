/** What the server is known to hold of a board. */

import { type Appended, appended } from "./append.ts";
import { type BoardElement, byIndexThenId } from "./element.ts";
import { wins } from "./merge.ts";

export class Replica {
  #elements = new Map<string, BoardElement>();

  get(id: string): BoardElement | undefined {
    return this.#elements.get(id);
  }

  get size(): number {
    return this.#elements.size;
  }

  /** All of it, tombstones included, in the board's order. */
  all(): BoardElement[] {
    return [...this.#elements.values()].sort(byIndexThenId);
  }

  /** Merges and returns those that changed something. */
  apply(elements: Iterable<BoardElement>): BoardElement[] {
    const changed = new Map<string, BoardElement>();
    for (const element of elements) {
      if (wins(element, this.#elements.get(element.id))) {
        this.#elements.set(element.id, element);
        changed.set(element.id, element);
      }
    }
    return [...changed.values()];
  }

  /** Appends points; the element that changed, if one did. */
  append(op: Appended): BoardElement | null {
    const grown = appended(op, this.#elements.get(op.element_id));
    if (grown !== null) {
      this.#elements.set(grown.id, grown);
    }
    return grown;
  }

  /** The server turned out not to have them. */
  drop(ids: Iterable<string>): void {
    for (const id of ids) {
      this.#elements.delete(id);
    }
  }

  /** Starts anew from a complete snapshot. */
  replace(elements: Iterable<BoardElement>): void {
    this.#elements = new Map([...elements].map((element) => [element.id, element]));
  }
}
