/**
 * Tells the edge what of the product is used, in batches: kinds of pages and names of features, never what is done
 * with them. Nothing is even kept where the browser says Do Not Track or Global Privacy Control, and nothing more is
 * sent in this visit once the edge says that it wants no more (switched off, or not in the sample).
 */

import type { Clock } from "../protocol/clock.ts";

export type Told =
  | { readonly type: "activity.page_viewed"; readonly data: PageViewed }
  | { readonly type: "activity.feature_used"; readonly data: FeatureUsed }
  | { readonly type: "activity.timing_measured"; readonly data: TimingMeasured };

interface PageViewed {
  readonly page: string;
  readonly board_id?: string;
}

interface FeatureUsed {
  readonly feature: string;
  readonly board_id?: string;
}

interface TimingMeasured {
  readonly timing: string;
  readonly took_ms: number;
  readonly board_id?: string;
}

export interface Batch {
  readonly visit_id: string;
  readonly first: number;
  readonly events: readonly (Told & { readonly ago_ms: number })[];
}

export interface Surroundings {
  readonly clock: Clock;
  readonly visitId: string;
  /** Whether the person does not want to be followed. */
  readonly wantsPrivacy: () => boolean;
  /** Sends a batch, also while the page goes away; whether the edge wants more. Fails where it cannot. */
  readonly send: (batch: Batch) => Promise<{ readonly more: boolean }>;
}

/** How long events gather, and how many fit in a batch; what waits beyond that is dropped, oldest first. */
export const GATHER_MS = 10_000;
export const BATCH = 50;
const WAITING = 200;
/** The edge takes nothing older. */
const OLDEST_MS = 600_000;

export class Teller {
  readonly #around: Surroundings;
  #waiting: { readonly told: Told; readonly at: number }[] = [];
  #next = 0;
  #isOver = false;
  #isSending = false;
  #cancel: (() => void) | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  tell(told: Told): void {
    if (this.#isOver || this.#around.wantsPrivacy()) {
      return;
    }
    this.#waiting.push({ told, at: this.#around.clock.now() });
    if (this.#waiting.length > WAITING) {
      this.#waiting.shift();
    }
    this.#cancel ??= this.#around.clock.after(GATHER_MS, () => void this.flush());
  }

  /** Sends what waits: when it has gathered, and when the page is hidden, which may be the last of it. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const now = this.#around.clock.now();
    this.#waiting = this.#waiting.filter(({ at }) => now - at < OLDEST_MS);
    if (this.#isOver || this.#isSending || this.#waiting.length === 0 || this.#around.wantsPrivacy()) {
      return;
    }
    const part = this.#waiting.slice(0, BATCH);
    this.#waiting = this.#waiting.slice(BATCH);
    const events = part.map(({ told, at }) => ({ ...told, ago_ms: Math.max(0, Math.round(now - at)) }));
    const first = this.#next;
    this.#next += events.length;
    this.#isSending = true;
    try {
      const { more } = await this.#around.send({ visit_id: this.#around.visitId, first, events });
      this.#isOver ||= !more;
    } catch {
      // A gap in statistics is not worth another request.
    } finally {
      this.#isSending = false;
    }
    if (this.#isOver) {
      this.#waiting = [];
    } else if (this.#waiting.length > 0) {
      this.#cancel ??= this.#around.clock.after(GATHER_MS, () => void this.flush());
    }
  }
}
