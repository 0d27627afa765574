/** At most one call per interval: at once when quiet, and always once more after the last request. */

import type { Clock } from "./clock.ts";

export class Throttle {
  #clock: Clock;
  #interval: () => number;
  #run: () => void;
  #last = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;

  /** `interval` is asked each time, so that it may depend on what the last run cost. */
  constructor(clock: Clock, interval: () => number, run: () => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#run = run;
  }

  request(): void {
    if (this.#cancel !== null) {
      return;
    }
    const wait = this.#last + this.#interval() - this.#clock.now();
    if (wait <= 0) {
      this.flush();
      return;
    }
    this.#cancel = this.#clock.after(wait, () => this.flush());
  }

  /** Runs now, asked for or not. */
  flush(): void {
    this.stop();
    this.#last = this.#clock.now();
    this.#run();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
