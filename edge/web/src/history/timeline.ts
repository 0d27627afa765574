/** A board's life as a line: where on it something happened, and which position belongs to a place of it. */

import type { Bucket } from "../api/history.ts";

export interface Peak {
  /** 0 to 1 along the line. */
  readonly start: number;
  readonly width: number;
  /** 0 to 1; the busiest is 1. */
  readonly height: number;
}

export class Timeline {
  readonly buckets: readonly Bucket[];
  readonly startMs: number;
  readonly endMs: number;

  constructor(buckets: readonly Bucket[]) {
    this.buckets = buckets;
    this.startMs = Date.parse(buckets[0]?.from ?? "1970-01-01T00:00:00Z");
    this.endMs = Math.max(this.startMs + 1, Date.parse(buckets.at(-1)?.to ?? "1970-01-01T00:00:01Z"));
  }

  /** Everybody who ever did something, the busiest parts' people first come. */
  get actors(): readonly string[] {
    return [...new Set(this.buckets.flatMap((bucket) => bucket.actors))];
  }

  /** The names of those who came through links, by their last one. */
  get guests(): ReadonlyMap<string, string> {
    return new Map(this.buckets.flatMap((bucket) => Object.entries(bucket.guests ?? {})));
  }

  get last(): string | null {
    return this.buckets.at(-1)?.position ?? null;
  }

  /** The number of the part that a time falls into. */
  indexAt(timeMs: number): number {
    const share = (timeMs - this.startMs) / (this.endMs - this.startMs);
    return Math.min(this.buckets.length - 1, Math.max(0, Math.floor(share * this.buckets.length)));
  }

  bucketAt(index: number): Bucket | undefined {
    return this.buckets[Math.min(this.buckets.length - 1, Math.max(0, index))];
  }

  /** The next part in that direction in which something happened; the end of the line where there is none. */
  neighbour(index: number, step: 1 | -1): number {
    for (let at = index + step; at >= 0 && at < this.buckets.length; at += step) {
      if ((this.buckets[at]?.count ?? 0) > 0) {
        return at;
      }
    }
    return step === 1 ? this.buckets.length - 1 : 0;
  }

  /** The peaks of activity, fewer than there are parts, so that each can be seen. */
  peaks(most: number): readonly Peak[] {
    const size = Math.max(1, Math.ceil(this.buckets.length / most));
    const sums: number[] = [];
    for (const [index, bucket] of this.buckets.entries()) {
      const at = Math.floor(index / size);
      sums[at] = (sums[at] ?? 0) + bucket.count;
    }
    const top = Math.max(1, ...sums);
    const width = size / Math.max(1, this.buckets.length);
    // A single stroke is still seen beside a day of work.
    return sums.flatMap((sum, at) =>
      sum === 0 ? [] : [{ start: at * width, width, height: Math.max(0.08, Math.sqrt(sum / top)) }],
    );
  }
}
