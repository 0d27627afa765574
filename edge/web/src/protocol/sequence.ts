/** Where one stands in a room: finds gaps, repeats and a changed epoch. */

import type { RoomEvent } from "./frames.ts";

export type Received =
  | { readonly what: "events"; readonly events: readonly RoomEvent[] }
  /** Something is missing or the room began anew: join again with the last cursor. */
  | { readonly what: "gap" };

const REMEMBERED_IDS = 4096;

export class Sequence {
  #epoch: string | null = null;
  #seq = 0;
  #cursor: string | null = null;
  #ids = new Set<string>();

  get cursor(): string | null {
    return this.#cursor;
  }

  /** From a snapshot or a delta: the place to join from. */
  moveTo(cursor: string): void {
    this.#cursor = cursor;
    this.#epoch = null;
  }

  joined(epoch: string, seq: number, cursor: string): void {
    this.#epoch = epoch;
    this.#seq = seq;
    this.#cursor = cursor;
  }

  /** Takes the events of a frame that are new; after a gap nothing of it is taken and the cursor stays. */
  receive(epoch: string, cursor: string, events: readonly RoomEvent[]): Received {
    if (epoch !== this.#epoch) {
      return { what: "gap" };
    }
    const fresh: RoomEvent[] = [];
    let seq = this.#seq;
    for (const event of events) {
      if (event.seq <= seq) {
        continue;
      }
      if (event.seq !== seq + 1) {
        return { what: "gap" };
      }
      seq = event.seq;
      fresh.push(event);
    }
    this.#seq = seq;
    this.#cursor = cursor;
    return { what: "events", events: fresh.filter((event) => this.#isNew(event.id)) };
  }

  /** After a fault of the server a fact may come again under a new number, with its old id. */
  #isNew(id: string): boolean {
    if (this.#ids.has(id)) {
      return false;
    }
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED_IDS) {
      const [oldest] = this.#ids;
      this.#ids.delete(oldest as string);
    }
    return true;
  }
}
