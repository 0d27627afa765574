/** Reads a board's snapshot or delta, again and again until it has it or is told no. */

import type { Clock } from "./clock.ts";
import { backoff } from "./close-code.ts";
import { ReadRefused, type Snapshot, type Source } from "./source.ts";

export interface ReaderListener {
  onSnapshot(snapshot: Snapshot): void;
  /** The cursor means nothing any more: the topic of the board's ops began anew. */
  onCursorRefused(): void;
  onRefused(reason: "not_found" | "signed_out" | "gone"): void;
}

export class Reader {
  #source: Source;
  #clock: Clock;
  #listener: ReaderListener;
  #turn = 0;
  #attempt = 0;
  #since: string | null = null;
  #reading = false;
  #cancel: (() => void) | null = null;

  constructor(source: Source, clock: Clock, listener: ReaderListener) {
    this.#source = source;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Between `read` and its answer, pauses between attempts included. */
  get isBusy(): boolean {
    return this.#reading || this.#cancel !== null;
  }

  read(since: string | null): void {
    this.stop();
    this.#reading = true;
    this.#since = since;
    const turn = this.#turn;
    this.#source.elements(since).then(
      (snapshot) => {
        if (turn === this.#turn) {
          this.#reading = false;
          this.#attempt = 0;
          this.#listener.onSnapshot(snapshot);
        }
      },
      (error: unknown) => {
        if (turn === this.#turn) {
          this.#reading = false;
          this.#failed(error, since);
        }
      },
    );
  }

  /** The server is said to be back: no longer a pause before the next attempt. */
  hurry(): void {
    if (this.#cancel !== null) {
      this.#attempt = 0;
      this.read(this.#since);
    }
  }

  /** Forgets what it was doing. */
  stop(): void {
    this.#turn += 1;
    this.#reading = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  #failed(error: unknown, since: string | null): void {
    const code = error instanceof ReadRefused ? error.code : null;
    if (code === "not_found" || code === "forbidden") {
      this.#listener.onRefused("not_found");
    } else if (code === "unauthenticated") {
      this.#listener.onRefused("signed_out");
    } else if (code === "gone") {
      this.#listener.onRefused("gone");
    } else if (code === "schema_invalid" && since !== null) {
      this.#listener.onCursorRefused();
    } else {
      const delay = backoff(this.#attempt, this.#clock.random());
      this.#attempt += 1;
      this.#cancel = this.#clock.after(delay, () => this.read(since));
    }
  }
}
