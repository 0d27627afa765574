/** Time and chance, passed in so that a test decides both. */

export interface Clock {
  /** Milliseconds since some fixed moment; never fewer than before, and those of a sleep count. */
  now(): number;
  /** Calls back once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
  /** A number in [0, 1). */
  random(): number;
}

/**
 * Reads a clock that people and networks set so that it never goes back: an hour put back would be an hour in which
 * nothing becomes due. Put forward it is followed, for that is what a sleep looks like.
 */
export function steady(read: () => number): () => number {
  let behind = 0;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const shown = read();
    behind = Math.max(behind, last - shown);
    last = shown + behind;
    return last;
  };
}

export const systemClock: Clock = {
  now: steady(() => Date.now()),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
