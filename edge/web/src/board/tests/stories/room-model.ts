/** A room of the model: what was logged gets gapless numbers here, a window to resume from, and goes out some at a time. */

import { APPEND } from "../../../protocol/append.ts";
import type { BoardElement } from "../../../protocol/element.ts";
import type { RoomEvent } from "../../../protocol/frames.ts";
import type { EdgeModel } from "./edge-model.ts";
import type { LoggedOp } from "./fold.ts";
import type { Wire } from "./wire.ts";

export interface Entry {
  readonly id: string;
  readonly offset: number;
  readonly op: LoggedOp;
  readonly clientId: string | null;
  readonly connection: string | null;
  readonly at: number;
}

interface Shown {
  readonly at: number;
  /** How far the log was shown with it. */
  readonly next: number;
  readonly event: (wire: Wire) => RoomEvent;
}

// Settings that a test may turn: the window is at least this long, by number and by time.
const RESUME_EVENTS = 25;
const RESUME_MILLISECONDS = 60_000;
const PAGE = 4;

export class RoomModel {
  readonly name: string;
  epoch = "e1";
  /** The offset after the last entry of the log that was shown. */
  shown = 0;
  #edge: EdgeModel;
  #events: Shown[] = [];
  #facts = 0;
  #planned = false;

  constructor(edge: EdgeModel) {
    this.#edge = edge;
    this.name = `board:${edge.boardId}`;
  }

  get seq(): number {
    return this.#events.length;
  }

  isAt(seq: number): boolean {
    return seq === this.seq;
  }

  staleness({ epoch, seq }: { readonly epoch: string; readonly seq: number }): "epoch" | "window" | null {
    if (epoch !== this.epoch) {
      return "epoch";
    }
    const old = this.#edge.now() - RESUME_MILLISECONDS;
    const forgotten = this.#events.filter((shown, position) => shown.at < old && position < this.seq - RESUME_EVENTS);
    return seq < forgotten.length ? "window" : null;
  }

  /** There is more in the log than was shown: a moment later it is. */
  goOn(): void {
    if (!this.#planned) {
      this.#planned = true;
      this.#edge.world.after(this.#edge.latency(), () => {
        this.#planned = false;
        const before = this.seq;
        for (const entry of this.#edge.log.slice(this.shown)) {
          this.#show(entry);
        }
        this.#tell(before);
      });
    }
  }

  /** After a fault the fan-out begins some entries earlier: they come again, with their ids, under new numbers. */
  repeat(count: number): void {
    const before = this.seq;
    for (const entry of this.#edge.log.slice(Math.max(0, this.shown - count), this.shown)) {
      this.#edge.note("repeated");
      this.#show(entry);
    }
    this.#tell(before);
  }

  /** A fact about the board, told once; `again` repeats the one before. */
  rename(again: boolean): void {
    this.#facts += again && this.#facts > 0 ? 0 : 1;
    const fact = {
      id: `fact-${this.#facts}`,
      type: "boards.board_renamed",
      client_id: null,
      actor: "u-x",
      connection: null,
      time: new Date(this.#edge.now()).toISOString(),
      data: { title: `${this.#facts}` },
    };
    const seq = this.seq + 1;
    this.#events.push({ at: this.#edge.now(), next: this.shown, event: () => ({ ...fact, seq }) });
    this.#tell(seq - 1);
  }

  /** The room's memory was lost: it begins anew, and everybody must join again. */
  reset(): void {
    this.#edge.note("reset");
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    this.#events = [];
    for (const wire of this.#edge.wires) {
      if (wire.joined) {
        wire.joined = false;
        wire.deliver({ kind: "reset", room: this.name });
      }
    }
  }

  /** What was missed, page by page, before anything newer. */
  replay(wire: Wire, seq: number): void {
    for (let from = seq; from < this.seq; from += PAGE) {
      this.#page(wire, from, Math.min(this.seq, from + PAGE), "paced");
    }
  }

  #tell(before: number): void {
    for (const wire of this.#edge.wires) {
      if (wire.joined && this.seq > before) {
        const middle = before + Math.floor(this.#edge.world.random() * (this.seq - before));
        if (middle > before) {
          this.#page(wire, before, middle);
        }
        this.#page(wire, middle, this.seq);
      }
    }
  }

  #page(wire: Wire, from: number, to: number, how: "live" | "paced" = "live"): void {
    const page = this.#events.slice(from, to);
    const cursor = JSON.stringify({ epoch: this.epoch, seq: to, offset: page.at(-1)?.next ?? this.shown });
    const events = page.map(({ event }) => event(wire));
    wire.deliver({ kind: "events", room: this.name, epoch: this.epoch, cursor, events }, how);
  }

  #show(entry: Entry): void {
    const seq = this.seq + 1;
    this.shown = Math.max(this.shown, entry.offset + 1);
    this.#events.push({ at: this.#edge.now(), next: this.shown, event: (wire) => this.#event(entry, seq, wire) });
  }

  #event({ id, offset, op, clientId, connection, at }: Entry, seq: number, wire: Wire): RoomEvent {
    const time = new Date(at).toISOString();
    const head = { seq, id, client_id: clientId, actor: "u-x", connection, time };
    if ("draw" in op) {
      return { ...head, type: "boards.draw", data: { elements: structuredClone(op.draw) } };
    }
    if (wire.takesAppends) {
      return { ...head, type: APPEND, data: structuredClone(op.append) as never, log: "g1", offset };
    }
    // For those who take no points: the whole element, as it stands there or a little later.
    this.#edge.note("whole in place of points");
    const whole = this.#edge.state.get(op.append.element_id) as BoardElement;
    return { ...head, type: "boards.draw", data: { elements: [structuredClone(whole)] } };
  }
}
