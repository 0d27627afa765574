/** An op of this person on its way to the server, and what became of edits that it refused. */

import type { Appended } from "./append.ts";
import type { BoardElement } from "./element.ts";
import type { Code, Problem } from "./frames.ts";

export interface Op {
  readonly id: string;
  readonly elements: readonly BoardElement[];
  /** Sent in place of its one element: the points by which it grew. */
  readonly append: Appended | null;
  readonly bytes: number;
}

export interface Refusal {
  readonly element: BoardElement;
  readonly code: Code;
  readonly message: string;
}

/** Which elements of an op the errors name, by their position, each with the first that is said of it. */
export function faults(op: Op, errors: readonly Problem[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const { path, message } of errors) {
    const position = /^\/elements\/(\d+)(?:\/|$)/.exec(path)?.[1];
    if (position !== undefined && Number(position) < op.elements.length) {
      found.set(Number(position), found.get(Number(position)) ?? message);
    }
  }
  return found;
}
