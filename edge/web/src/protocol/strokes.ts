/**
 * Strokes that grow under this person's pen: which states of them the server is known to hold, and so what of their
 * growth may be sent as points alone.
 *
 * An append takes effect only on its base. So it is sent only on a state that the server has confirmed on this
 * connection and that nobody has overtaken since; while the answer is under way the growth waits and gathers. Everything
 * else is sent whole, which is always right.
 */

import type { Appended } from "./append.ts";
import type { BoardElement } from "./element.ts";
import { growth, isGrowing } from "./growth.ts";
import { wins } from "./merge.ts";

export interface Grown {
  readonly element: BoardElement;
  readonly append: Appended;
}

// Pens of one person at a time; a stroke that was never finished is forgotten by this.
const MOST = 8;

export class Strokes {
  takesAppends = false;
  /** What the server is known to hold, from what it told. */
  #held: (id: string) => BoardElement | undefined;
  #standing = new Map<string, BoardElement>();

  constructor(held: (id: string) => BoardElement | undefined) {
    this.#held = held;
  }

  /** The server has confirmed this state. */
  standsAt(element: BoardElement): void {
    const before = this.#standing.get(element.id);
    if (before !== undefined && !wins(element, before)) {
      return;
    }
    this.#standing.delete(element.id);
    if (this.takesAppends && isGrowing(element)) {
      this.#standing.set(element.id, element);
      for (const id of [...this.#standing.keys()].slice(0, -MOST)) {
        this.#standing.delete(id);
      }
    }
  }

  forget(id: string): void {
    this.#standing.delete(id);
  }

  forgetAll(): void {
    this.#standing.clear();
  }

  #base(id: string): BoardElement | undefined {
    const standing = this.#standing.get(id);
    const held = this.#held(id);
    return standing !== undefined && held !== undefined && wins(held, standing) ? undefined : standing;
  }

  /** Of what waits: what is to be sent whole, what as points. The rest waits for an answer that is under way. */
  sort(
    waiting: readonly BoardElement[],
    unanswered: readonly { readonly elements: readonly BoardElement[] }[],
  ): { readonly whole: BoardElement[]; readonly grown: Grown[] } {
    const whole: BoardElement[] = [];
    const grown: Grown[] = [];
    for (const element of waiting) {
      const under = this.takesAppends && isGrowing(element) ? underWay(element.id, unanswered) : [];
      const last = under.at(-1);
      const standing = this.#base(element.id);
      const append = last === undefined && standing !== undefined ? growth(standing, element) : null;
      if (append !== null) {
        grown.push({ element, append });
      } else if (last === undefined || growth(last, element) === null) {
        whole.push(element);
      }
    }
    return { whole, grown };
  }
}

function underWay(
  id: string,
  unanswered: readonly { readonly elements: readonly BoardElement[] }[],
): readonly BoardElement[] {
  return unanswered.flatMap(({ elements }) => elements.filter((element) => element.id === id));
}
