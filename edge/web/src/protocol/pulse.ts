/** Notices that the other side of a socket is gone though the socket says nothing. */

import type { Clock } from "./clock.ts";

const QUIET = 20_000;
const ANSWER_WITHIN = 8_000;
// After a sign that something changed an answer is expected sooner.
const ANSWER_WITHIN_WHEN_WOKEN = 3_000;

export class Pulse {
  #clock: Clock;
  #ask: () => void;
  #giveUp: () => void;
  #heardAt = 0;
  #cancel: (() => void) | null = null;

  /** `ask` must make the other side send something; `giveUp` is called when nothing comes. */
  constructor(clock: Clock, ask: () => void, giveUp: () => void) {
    this.#clock = clock;
    this.#ask = ask;
    this.#giveUp = giveUp;
  }

  /** Something came. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** While frames come nothing is done; after a silence a question shows whether the socket still lives. */
  listen(): void {
    this.#watch(QUIET, () => {
      if (this.#clock.now() - this.#heardAt >= QUIET) {
        this.#probe(ANSWER_WITHIN);
      } else {
        this.listen();
      }
    });
  }

  /** There is reason to doubt: ask now. */
  doubt(): void {
    this.#probe(ANSWER_WITHIN_WHEN_WOKEN);
  }

  /** Expects something within this time, without asking. */
  expect(within: number): void {
    this.#watch(within, this.#giveUp);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #probe(within: number): void {
    const asked = this.#clock.now();
    this.#ask();
    this.#watch(within, () => {
      if (this.#heardAt < asked) {
        this.#giveUp();
      } else {
        this.listen();
      }
    });
  }

  #watch(delay: number, then: () => void): void {
    this.stop();
    this.#cancel = this.#clock.after(delay, then);
  }
}
