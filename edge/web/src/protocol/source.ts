/** Reading a board's elements over HTTP, as the live client needs it. */

import type { BoardElement } from "./element.ts";
import type { Code } from "./frames.ts";

export interface Snapshot {
  readonly epoch: string;
  readonly cursor: string;
  /** All live elements, or only what changed since the cursor, tombstones too. */
  readonly complete: boolean;
  readonly elements: readonly BoardElement[];
  /** When the server answered, by its clock. */
  readonly time?: number;
  /** How far the log is in the elements: an append of this log before it must not be appended again. */
  readonly contains?: { readonly log: string; readonly next: number };
}

export interface Source {
  /** Throws `ReadRefused` when the server answered no; anything else that it throws is the network's. */
  elements(since: string | null): Promise<Snapshot>;
}

export class ReadRefused extends Error {
  readonly code: Code;

  constructor(code: Code, detail: string) {
    super(detail);
    this.name = "ReadRefused";
    this.code = code;
  }
}
