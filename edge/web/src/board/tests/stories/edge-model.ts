/**
 * The edge as the page of its protocol describes it: a log, the rooms that are told of it a little later, snapshots and
 * deltas of how far the store has come, and sockets. It fails in every way that the page allows, and in no other.
 */

import { APPEND, type Appended } from "../../../protocol/append.ts";
import type { BoardElement } from "../../../protocol/element.ts";
import type { ClientFrame, ServerFrame } from "../../../protocol/frames.ts";
import { ReadRefused, type Snapshot } from "../../../protocol/source.ts";
import type { FakeClock } from "../../../protocol/tests/fake-clock.ts";
import { LIMITS } from "../../../protocol/tests/server-double.ts";
import { Conduct } from "./conduct.ts";
import { type LoggedOp, type State, take } from "./fold.ts";
import { type Entry, RoomModel } from "./room-model.ts";
import { type Place, Wire } from "./wire.ts";

type Send = ClientFrame & { kind: "send" };
type Join = ClientFrame & { kind: "join" };

interface Cursor {
  readonly epoch: string;
  readonly seq: number;
  readonly offset: number;
}

interface Held {
  readonly wire: Wire;
  readonly frame: Send;
  answered: boolean;
}

// Answered as of unknown outcome when the broker has not taken an op within this time.
const BROKER_SECONDS = 5;
const QUEUE_BYTES = 5_000;
const SILENCE = 60_000;

export class EdgeModel {
  readonly world: FakeClock;
  readonly boardId = "b1";
  readonly log: Entry[] = [];
  readonly state: State = new Map();
  /** Every state of an element that the log ever came by. */
  readonly logged = new Set<string>();
  readonly conduct = new Conduct();
  readonly wires = new Set<Wire>();
  /** What happened, and how often: a story in which nothing does is no proof. */
  readonly seen = new Map<string, number>();
  readonly room: RoomModel;
  takesAppends = true;
  /** So many of the next ops, or reads, are refused for now. */
  refusing = { ops: 0, reads: 0, code: "unavailable" as "unavailable" | "rate_limited" };
  #connections = 0;
  #stalled: Held[] | null = null;

  constructor(world: FakeClock) {
    this.world = world;
    this.room = new RoomModel(this);
  }

  now(): number {
    return this.world.now();
  }

  latency(): number {
    return 1 + Math.floor(this.world.random() * 40);
  }

  note(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  dial(place: Place): Wire {
    this.#connections += 1;
    const wire = new Wire(`w-${this.#connections}`, this, place);
    this.wires.add(wire);
    return wire;
  }

  lost(wire: Wire): void {
    this.wires.delete(wire);
    wire.joined = false;
  }

  /** The ack of an op reached the one who sent it. */
  told(clientId: string): void {
    this.conduct.told(clientId);
  }

  /** Too slow: its queue is over its limit. Who reads nothing does not read the code either. */
  measure(wire: Wire): void {
    if (wire.waiting > QUEUE_BYTES) {
      this.note("too slow");
      wire.cut({ arrive: 0, code: this.world.random() < 0.5 ? 4450 : 1006 });
    }
  }

  /** Whoever has been silent for so long is given up; on waking he hears of it, or finds out. */
  missSleepers(after = SILENCE): void {
    for (const wire of [...this.wires]) {
      this.world.after(after, () => {
        if (wire.machine.isAsleep) {
          wire.cut({ arrive: 0, code: this.world.random() < 0.5 ? 1006 : null });
        }
      });
    }
  }

  hear(wire: Wire, frame: ClientFrame): void {
    switch (frame.kind) {
      case "hello":
        wire.greeted = true;
        wire.takesAppends = this.takesAppends && frame.features.includes("append_points");
        this.#welcome(wire);
        return;
      case "join":
        this.#join(wire, frame);
        return;
      case "send":
        this.#send(wire, frame);
        return;
      case "ping":
        wire.deliver({ kind: "pong" });
        return;
      case "leave":
        wire.joined = false;
        wire.deliver({ kind: "left", room: this.room.name, reason: "left" });
        return;
      case "move":
        return;
    }
  }

  #welcome(wire: Wire): void {
    wire.deliver({
      kind: "welcome",
      protocol: 1,
      connection: wire.id,
      session_id: "s1",
      user: { user_id: `u-${wire.machine.name}`, name: wire.machine.name, color: "#123456" },
      expires_at: new Date(this.now() + 900_000).toISOString(),
      limits: LIMITS,
      features: wire.takesAppends ? ["append_points"] : [],
    });
  }

  #join(wire: Wire, { id, room, since }: Join): void {
    wire.joined = false;
    const cursor = since === null ? this.#here() : (JSON.parse(since) as Cursor);
    const reason = this.room.staleness(cursor);
    if (reason !== null) {
      this.note(`stale: ${reason}`);
      wire.deliver({ kind: "stale", room, reason });
      return;
    }
    this.note(this.room.isAt(cursor.seq) ? "joined" : "joined, with what was missed");
    wire.joined = true;
    const joined = {
      kind: "joined",
      room,
      epoch: cursor.epoch,
      seq: cursor.seq,
      cursor: JSON.stringify(cursor),
    } as const;
    wire.deliver({
      ...joined,
      role: "editor",
      members: this.#members(),
      ...(id === undefined ? {} : { id }),
    } as ServerFrame);
    wire.deliver({ kind: "presence", room, moves: [], gone: [] });
    this.room.replay(wire, cursor.seq);
  }

  #members(): (ServerFrame & { kind: "joined" })["members"] {
    return [...this.wires]
      .filter((wire) => wire.joined)
      .map(({ id, machine }) => ({
        connection: id,
        user_id: `u-${machine.name}`,
        name: machine.name,
        color: "#123456",
      }));
  }

  // --- ops -----------------------------------------------------------------------------------------------------------

  #send(wire: Wire, frame: Send): void {
    this.conduct.sent(wire.id, frame);
    if (this.#stalled !== null) {
      const held: Held = { wire, frame, answered: false };
      this.#stalled.push(held);
      this.world.after(BROKER_SECONDS * 1000, () => {
        if (this.#stalled?.includes(held)) {
          this.note("outcome unknown");
          held.answered = true;
          this.conduct.released(wire.id, frame.id);
          wire.deliver({ kind: "unknown", id: frame.id, retry_after: 1 }, "loose");
        }
      });
    } else if (this.refusing.ops > 0) {
      this.refusing.ops -= 1;
      this.note(this.refusing.code);
      this.conduct.released(wire.id, frame.id);
      wire.deliver(
        { kind: "reject", id: frame.id, code: this.refusing.code, detail: "", errors: [], retry_after: 2 },
        "loose",
      );
    } else {
      this.#write(wire, frame);
    }
  }

  /** In the log first, then acknowledged. */
  #write(wire: Wire, frame: Send, isAnswered = false): void {
    const op: LoggedOp =
      frame.type === APPEND ? { append: withoutBoard(frame.data) } : { draw: structuredClone(frame.data.elements) };
    const offset = this.append(op, { clientId: frame.id, connection: wire.id });
    this.note(frame.type);
    if (!isAnswered) {
      wire.deliver({ kind: "ack", id: frame.id, position: `p${offset}` }, "loose");
    }
  }

  /** An op of a connection, or of a program over REST. */
  append(op: LoggedOp, by: { readonly clientId: string | null; readonly connection: string | null }): number {
    const offset = this.log.length;
    this.log.push({ ...by, op, offset, id: `op-${offset}`, at: this.now() });
    for (const element of "draw" in op ? op.draw : [{ ...op.append, id: op.append.element_id }]) {
      this.logged.add(nameOf(element));
    }
    take(op, this.state);
    this.room.goOn();
    return offset;
  }

  /** The broker takes nothing for a while; what reached it stands in the log afterwards, in its order. */
  stall(milliseconds: number): void {
    if (this.#stalled === null) {
      this.#stalled = [];
      this.world.after(milliseconds, () => this.flow());
    }
  }

  flow(): void {
    const held = this.#stalled ?? [];
    this.#stalled = null;
    for (const { wire, frame, answered } of held) {
      this.#write(wire, frame, answered);
    }
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /** The room's place first, then what the store holds: at least all that the room has shown. */
  read(since: string | null): Snapshot {
    if (this.refusing.reads > 0) {
      this.refusing.reads -= 1;
      throw new ReadRefused("unavailable", "not now");
    }
    this.note(since === null ? "snapshot" : "delta");
    const cursor = this.#here();
    const next = this.world.random() < 0.5 ? this.log.length : cursor.offset;
    const state: State = new Map();
    const changedAt = new Map<string, number>();
    for (const { op, offset } of this.log.slice(0, next)) {
      for (const id of take(op, state)) {
        changedAt.set(id, offset);
      }
    }
    const from = since === null ? null : (JSON.parse(since) as Cursor).offset;
    const elements = [...state.values()].filter((element) =>
      from === null ? !element.isDeleted : (changedAt.get(element.id) ?? 0) >= from,
    );
    return {
      epoch: this.room.epoch,
      cursor: JSON.stringify(cursor),
      complete: since === null,
      elements: structuredClone(elements),
      contains: { log: "g1", next },
      time: this.now(),
    };
  }

  #here(): Cursor {
    return { epoch: this.room.epoch, seq: this.room.seq, offset: this.room.shown };
  }
}

/** One state of one element. */
export function nameOf({ id, version, versionNonce }: Pick<BoardElement, "id" | "version" | "versionNonce">): string {
  return `${id} ${version}:${versionNonce}`;
}

function withoutBoard({ board_id: _, ...op }: Appended & { readonly board_id: string }): Appended {
  return structuredClone(op);
}
