/** A board that is played: ops of the past applied one after the other, as they once were. */

import type { PastOp } from "../api/history.ts";
import { APPEND, type Appended } from "../protocol/append.ts";
import type { BoardElement } from "../protocol/element.ts";
import { Replica } from "../protocol/replica.ts";

/** Nobody waits longer than this for the next stroke, at whatever speed. */
export const LONGEST_PAUSE_MS = 1200;

export class Replay {
  #replica = new Replica();

  /** From a state of which tombstones may be missing: what lost against one then loses against nothing that is shown. */
  constructor(elements: Iterable<BoardElement>) {
    this.#replica.replace(elements);
  }

  apply(op: PastOp): void {
    if (op.type === APPEND) {
      this.#replica.append(op.data as Appended);
    } else {
      this.#replica.apply((op.data as { readonly elements: readonly BoardElement[] }).elements);
    }
  }

  living(): BoardElement[] {
    return this.#replica.all().filter((element) => !element.isDeleted);
  }
}

/** How long to wait between two ops when played at a speed. */
export function pauseMs(before: string | null, next: string, speed: number): number {
  if (before === null) {
    return 0;
  }
  const gap = (Date.parse(next) - Date.parse(before)) / speed;
  return Math.min(Math.max(0, gap), LONGEST_PAUSE_MS);
}
