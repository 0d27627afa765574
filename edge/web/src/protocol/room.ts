/** The place in a board's room: joins since the last cursor, takes events without a gap, comes back after a fault. */

import type { Clock } from "./clock.ts";
import { backoff } from "./close-code.ts";
import type { ClientFrame, Role, RoomEvent, ServerFrame } from "./frames.ts";
import { type Present, Roster } from "./roster.ts";
import { Sequence } from "./sequence.ts";

export interface RoomListener {
  onJoined(role: Role): void;
  /** Not in the room any more, for a while. */
  onOut(): void;
  /** New events in order; `before` is the cursor that stood before them. */
  onEvents(events: readonly RoomEvent[], before: string | null): void;
  onPresence(present: readonly Present[]): void;
  onRole(role: Role): void;
  /** Too long away: read what changed since this cursor, or everything when it is `null`; then join again. */
  onStale(since: string | null): void;
  onEnd(reason: "not_found" | "revoked" | "deleted"): void;
  /** The server owes an answer for too long. */
  onSilence(): void;
}

const ANSWER_WITHIN = 15_000;

export class Room {
  readonly #name: string;
  #clock: Clock;
  #newId: () => string;
  #send: (frame: ClientFrame) => void;
  #listener: RoomListener;
  #sequence = new Sequence();
  #roster = new Roster();
  #joined = false;
  /** The id of the join whose answer is awaited. */
  #joining: string | null = null;
  #cancel: (() => void) | null = null;

  constructor(
    name: string,
    clock: Clock,
    newId: () => string,
    send: (frame: ClientFrame) => void,
    listener: RoomListener,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#newId = newId;
    this.#send = send;
    this.#listener = listener;
  }

  /** The place that one has come to, once there is one. */
  get cursor(): string | null {
    return this.#sequence.cursor;
  }

  get isJoined(): boolean {
    return this.#joined;
  }

  /** From a snapshot or a delta: the place to join from. */
  moveTo(cursor: string): void {
    this.#sequence.moveTo(cursor);
  }

  join(): void {
    this.leave();
    this.#joining = this.#newId();
    this.#send({ kind: "join", id: this.#joining, room: this.#name, since: this.#sequence.cursor });
    this.#cancel = this.#clock.after(ANSWER_WITHIN, () => this.#listener.onSilence());
  }

  /** Without telling the server: the socket is gone, or a new join follows. */
  leave(): void {
    this.#joined = false;
    this.#joining = null;
    this.#cancel?.();
    this.#cancel = null;
    this.#listener.onOut();
  }

  stop(): void {
    this.#joined = false;
    this.#joining = null;
    this.#cancel?.();
    this.#roster.clear();
  }

  /** Whether the reject was the answer to a join of this room. */
  rejected(frame: ServerFrame & { kind: "reject" }): boolean {
    if (frame.id === undefined || frame.id !== this.#joining) {
      return false;
    }
    this.#joining = null;
    this.#cancel?.();
    if (frame.code === "not_found" || frame.code === "forbidden") {
      this.#listener.onEnd("not_found");
    } else if (frame.code === "schema_invalid") {
      // The cursor belongs to a board whose topic began anew.
      this.#listener.onStale(null);
    } else {
      const delay = frame.retry_after === undefined ? backoff(2, this.#clock.random()) : frame.retry_after * 1000;
      this.#cancel = this.#clock.after(delay, () => this.join());
    }
    return true;
  }

  receive(frame: ServerFrame & { room: string }): void {
    if (frame.room !== this.#name) {
      return;
    }
    switch (frame.kind) {
      case "joined":
        this.#onJoined(frame);
        return;
      case "events":
        this.#onEvents(frame.epoch, frame.cursor, frame.events);
        return;
      case "stale":
        this.leave();
        this.#listener.onStale(this.#sequence.cursor);
        return;
      case "reset":
        this.join();
        return;
      case "presence":
        this.#roster.update(frame.moves, frame.gone);
        this.#listener.onPresence(this.#roster.all());
        return;
      case "role":
        this.#listener.onRole(frame.role);
        return;
      case "left":
        if (frame.reason !== "left") {
          this.#listener.onEnd(frame.reason);
        }
        return;
    }
  }

  #onJoined(frame: ServerFrame & { kind: "joined" }): void {
    this.#joined = true;
    this.#joining = null;
    this.#cancel?.();
    this.#cancel = null;
    this.#sequence.joined(frame.epoch, frame.seq, frame.cursor);
    this.#roster.joined(frame.members);
    this.#listener.onJoined(frame.role);
    this.#listener.onPresence(this.#roster.all());
  }

  #onEvents(epoch: string, cursor: string, events: readonly RoomEvent[]): void {
    if (!this.#joined) {
      return;
    }
    const before = this.#sequence.cursor;
    const received = this.#sequence.receive(epoch, cursor, events);
    if (received.what === "gap") {
      this.join();
    } else {
      this.#listener.onEvents(received.events, before);
    }
  }
}
