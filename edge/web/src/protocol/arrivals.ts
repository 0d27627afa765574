/** Ops that arrive, merged in their turn into what the server is known to hold. */

import { APPEND, type Appended } from "./append.ts";
import type { Doubtful } from "./doubtful.ts";
import { type BoardElement, keyOf } from "./element.ts";
import type { RoomEvent } from "./frames.ts";
import type { Replica } from "./replica.ts";
import type { Snapshot } from "./source.ts";

export interface Arrived {
  /** The elements that changed, each as it is now. */
  readonly elements: readonly BoardElement[];
  readonly facts: readonly RoomEvent[];
}

export class Arrivals {
  #replica: Replica;
  #doubtful: Doubtful;
  #onOvertaken: (id: string) => void;
  #contains: Snapshot["contains"];

  /** `onOvertaken`: after an op the server holds another state of the element than the one that the op led to. */
  constructor(replica: Replica, doubtful: Doubtful, onOvertaken: (id: string) => void) {
    this.#replica = replica;
    this.#doubtful = doubtful;
    this.#onOvertaken = onOvertaken;
  }

  snapshot({ contains }: Snapshot): void {
    this.#contains = contains;
  }

  /** `before` is the place before the first of the events. */
  take(events: readonly RoomEvent[], before: string | null): Arrived {
    const changed = new Map<string, BoardElement>();
    const facts: RoomEvent[] = [];
    for (const event of events) {
      if (event.type === "boards.draw") {
        this.#doubtful.heard(event);
        this.#draw(event, before, changed);
      } else if (event.type === APPEND) {
        this.#append(event, changed);
      } else {
        facts.push(event);
      }
    }
    return { elements: [...changed.values()], facts };
  }

  #draw(event: RoomEvent, before: string | null, changed: Map<string, BoardElement>): void {
    const drawn = event.data.elements as readonly BoardElement[];
    // A tombstone that is held may itself have lost against one that no snapshot shows.
    const absent = new Set(drawn.filter(({ id }) => this.#replica.get(id)?.isDeleted ?? true).map(({ id }) => id));
    for (const element of this.#replica.apply(drawn)) {
      changed.set(element.id, element);
      if (absent.has(element.id)) {
        this.#doubtful.note(element, before, event);
      }
    }
    for (const element of drawn) {
      this.#noteOvertaken(element.id, element);
    }
  }

  #append(event: RoomEvent, changed: Map<string, BoardElement>): void {
    const op = event.data as unknown as Appended;
    const grown = this.#isContained(event) ? null : this.#replica.append(op);
    if (grown !== null) {
      changed.set(grown.id, grown);
    }
    this.#noteOvertaken(op.element_id, op);
  }

  /** In the snapshot already: applied to what came after it, it might take effect though it did not at the server. */
  #isContained({ log, offset = 0 }: RoomEvent): boolean {
    return this.#contains !== undefined && log === this.#contains.log && offset < this.#contains.next;
  }

  #noteOvertaken(id: string, op: Pick<BoardElement, "version" | "versionNonce">): void {
    const held = this.#replica.get(id);
    if (held === undefined || keyOf(held) !== keyOf(op)) {
      this.#onOvertaken(id);
    }
  }
}
