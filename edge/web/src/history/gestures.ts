/** Ops as people think of them: a shape that is pulled open is many ops and one thing done. */

import type { PastOp } from "../api/history.ts";

// A pause that long ends what somebody was doing.
const PAUSE_MS = 1500;

/** The last op of each gesture, the latest first, as the ops come. */
export function gestures(ops: readonly PastOp[], most: number): readonly PastOp[] {
  const found: PastOp[] = [];
  let before: PastOp | undefined;
  for (const op of ops) {
    const goesOn =
      before !== undefined && before.actor === op.actor && Date.parse(before.time) - Date.parse(op.time) < PAUSE_MS;
    if (!goesOn) {
      found.push(op);
    }
    before = op;
  }
  return found.slice(0, most);
}
