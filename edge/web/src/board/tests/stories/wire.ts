/** A socket between a tab and the edge: slow, in order, and cut at any moment, also with frames on their way. */

import type { ClientFrame, ServerFrame } from "../../../protocol/frames.ts";
import type { Socket } from "../../../protocol/transport.ts";
import type { EdgeModel } from "./edge-model.ts";
import type { Machine, TabClock } from "./machine.ts";

export interface Place {
  readonly machine: Machine;
  readonly clock: TabClock;
}

/** How a connection ends: how many of the frames under way still arrive, and with which code the tab hears of it, if at all. */
export interface Cut {
  readonly arrive: number;
  readonly code: number | null;
}

export class Wire implements Socket {
  readonly id: string;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  /** What the edge knows of this connection. */
  greeted = false;
  joined = false;
  takesAppends = false;
  #edge: EdgeModel;
  #place: Place;
  #isCut = false;
  #isClosed = false;
  #up: string[] = [];
  #upAt = 0;
  #downAt = 0;
  #downBytes = 0;
  #slowUntil = 0;

  constructor(id: string, edge: EdgeModel, place: Place) {
    this.id = id;
    this.#edge = edge;
    this.#place = place;
    place.clock.after(edge.latency(), () => {
      if (place.machine.isOnline && !this.#isCut) {
        this.onopen?.();
      } else {
        this.cut({ arrive: 0, code: 1006 });
      }
    });
  }

  get bufferedAmount(): number {
    return 0;
  }

  get machine(): Machine {
    return this.#place.machine;
  }

  /** Bytes that the edge has written and the tab has not read. */
  get waiting(): number {
    return this.#downBytes;
  }

  /** The tab reads nothing for so long. */
  slow(milliseconds: number): void {
    this.#slowUntil = this.#edge.now() + milliseconds;
  }

  send(text: string): void {
    if (this.#isCut || this.#isClosed) {
      return;
    }
    this.#up.push(text);
    this.#upAt = Math.max(this.#upAt, this.#edge.now() + this.#edge.latency());
    this.#edge.world.after(this.#upAt - this.#edge.now(), () => {
      if (!this.#isCut) {
        this.#arrive();
      }
    });
  }

  #arrive(): void {
    const text = this.#up.shift();
    if (text !== undefined) {
      this.#edge.hear(this, JSON.parse(text) as ClientFrame);
    }
  }

  /**
   * In order; but the answer to an op is `loose`: it may overtake its event, or be overtaken by it. A replay is `paced` by
   * the reading and fills no queue.
   */
  deliver(frame: ServerFrame, how: "live" | "loose" | "paced" = "live"): void {
    if (this.#isCut) {
      return;
    }
    const text = JSON.stringify(frame);
    const now = this.#edge.now();
    const arrival = Math.max(now + this.#edge.latency(), this.#slowUntil);
    if (how !== "loose") {
      this.#downAt = Math.max(this.#downAt, arrival);
    }
    const bytes = how === "paced" ? 0 : text.length;
    this.#downBytes += bytes;
    this.#place.clock.after((how === "loose" ? arrival : this.#downAt) - now, () => {
      if (!this.#isCut && !this.#isClosed) {
        this.#downBytes -= bytes;
        if (frame.kind === "ack") {
          this.#edge.told(frame.id);
        }
        this.onmessage?.({ data: text });
      }
    });
    this.#edge.measure(this);
  }

  cut({ arrive, code }: Cut): void {
    if (this.#isCut) {
      return;
    }
    for (let n = 0; n < arrive; n += 1) {
      this.#arrive();
    }
    this.#isCut = true;
    this.#edge.lost(this);
    if (code !== null) {
      this.#place.clock.after(0, () => {
        if (!this.#isClosed) {
          this.#isClosed = true;
          this.onclose?.({ code });
        }
      });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.cut({ arrive: 0, code: null });
  }
}
