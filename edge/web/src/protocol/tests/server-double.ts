/**
 * The edge as protocol.md describes it, in memory: rooms with a gapless `seq`, a window, epochs, snapshots and deltas,
 * acks. It can be made to fail in every way that the page allows.
 */

import { APPEND, type Appended, appended } from "../append.ts";
import type { BoardElement } from "../element.ts";
import type { ClientFrame, Code, Member, Role, RoomEvent, ServerFrame } from "../frames.ts";
import { wins } from "../merge.ts";
import { ReadRefused, type Snapshot, type Source } from "../source.ts";
import type { Socket } from "../transport.ts";
import type { FakeClock } from "./fake-clock.ts";

interface Stored {
  element: BoardElement;
  changedAt: number;
}

interface Cursor {
  generation: string;
  epoch: string;
  seq: number;
  offset: number;
}

export const LIMITS = {
  frame_bytes: 1024 * 1024,
  element_bytes: 256 * 1024,
  elements_per_op: 1000,
  depth: 32,
  rooms: 50,
  sends_per_second: 60,
  sends_burst: 120,
  moves_per_second: 30,
  queue_bytes: 4 * 1024 * 1024,
  ping_seconds: 25,
  dead_seconds: 60,
  resume_events: 1000,
  resume_seconds: 300,
  resume_bytes: 2 * 1024 * 1024,
  embed_hosts: ["video.example", "*.maps.example"],
};

/** What happens to an op: taken and told; taken but the answer is late; not taken, told so. */
export type Fate = "ack" | "unknown" | "unknown_lost" | "unavailable" | "rate_limited" | "silent";

export class ServerDouble {
  clock: FakeClock;
  boardId = "b1";
  generation = "g1";
  epoch = "e1";
  /** Events since the epoch began; those before `windowStart` can no longer be replayed. */
  log: RoomEvent[] = [];
  windowStart = 0;
  offset = 0;
  elements = new Map<string, Stored>();
  connections: Connection[] = [];
  roles = new Map<string, Role>();
  fate: (op: (ClientFrame & { kind: "send" })["data"]) => Fate = () => "ack";
  features: readonly string[] = ["append_points"];
  latency: () => number = () => 1;
  /** Nobody answers when it is dialled. */
  isDown = false;
  /** Swallow the next events frame, as if a message between the parts were lost. */
  loseEvents = false;
  /** Events that a snapshot contains and its cursor does not. */
  roomBehind = 0;
  refusesAppends = false;
  deadTokens = new Set<string>();
  readFault: (() => Error | null) | null = null;
  /** Every frame that arrived, for a test to look at. */
  received: ClientFrame[] = [];

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  /** A socket of the person whose token this is. */
  dial = (): Socket => {
    const connection = new Connection(this);
    this.connections.push(connection);
    return connection;
  };

  source: Source = {
    elements: async (since) => {
      await new Promise<void>((resolve) => this.clock.after(this.latency(), resolve));
      const fault = this.readFault?.();
      if (fault) {
        throw fault;
      }
      return this.#read(since);
    },
  };

  /** The state as the server holds it. */
  held(): Map<string, string> {
    return new Map(
      [...this.elements.values()].map(({ element }) => [element.id, `${element.version}:${element.versionNonce}`]),
    );
  }

  /** Somebody else's op, or one over REST. */
  draw(elements: readonly BoardElement[], by: { connection?: string; clientId?: string } = {}): void {
    this.offset += 1;
    for (const element of elements) {
      if (wins(element, this.elements.get(element.id)?.element)) {
        this.elements.set(element.id, { element, changedAt: this.offset });
      }
    }
    this.append("boards.draw", { elements }, by);
  }

  /** Somebody's appended points. */
  grow(op: Appended, by: { connection?: string; clientId?: string } = {}): void {
    this.offset += 1;
    const element = appended(op, this.elements.get(op.element_id)?.element);
    if (element !== null) {
      this.elements.set(element.id, { element, changedAt: this.offset });
    }
    this.append(APPEND, { ...op }, by, { log: this.generation, offset: this.offset });
  }

  append(
    type: string,
    data: Record<string, unknown>,
    by: { connection?: string; clientId?: string; id?: string } = {},
    place: { log?: string; offset?: number } = {},
  ): void {
    const event: RoomEvent = {
      seq: this.log.length + 1,
      type,
      id: by.id ?? `event-${this.epoch}-${this.log.length + 1}`,
      client_id: by.clientId ?? null,
      actor: "someone",
      connection: by.connection ?? null,
      time: new Date(this.clock.now()).toISOString(),
      data,
      ...place,
    };
    this.log.push(event);
    if (this.loseEvents) {
      this.loseEvents = false;
      return;
    }
    for (const connection of this.connections) {
      if (connection.joined) {
        connection.deliver(this.#eventsFrame([event]));
      }
    }
  }

  /** The room's state was lost: a new epoch, everybody has to join again. */
  newEpoch(): void {
    this.epoch = `${this.epoch}+`;
    this.log = [];
    this.windowStart = 0;
    for (const connection of this.connections) {
      if (connection.joined) {
        connection.joined = false;
        connection.deliver({ kind: "reset", room: this.room });
      }
    }
  }

  /** Nothing before now can be replayed any more. */
  forgetWindow(): void {
    this.windowStart = this.log.length;
  }

  /** The ops topic was made anew: cursors of before mean nothing. */
  newGeneration(): void {
    this.generation = `${this.generation}+`;
    this.newEpoch();
  }

  close(code: number): void {
    for (const connection of [...this.connections]) {
      connection.closeFromServer(code);
    }
  }

  setRole(token: string, role: Role | null): void {
    if (role === null) {
      this.roles.delete(token);
    } else {
      this.roles.set(token, role);
    }
    for (const connection of this.connections) {
      if (connection.token === token && connection.joined) {
        if (role === null) {
          connection.joined = false;
          connection.deliver({ kind: "left", room: this.room, reason: "revoked" });
        } else {
          connection.deliver({ kind: "role", room: this.room, role });
        }
      }
    }
  }

  get room(): string {
    return `board:${this.boardId}`;
  }

  cursor(seq = this.log.length, offset = this.offset): string {
    const cursor: Cursor = { generation: this.generation, epoch: this.epoch, seq, offset };
    return JSON.stringify(cursor);
  }

  #eventsFrame(events: readonly RoomEvent[]): ServerFrame {
    const last = events[events.length - 1] as RoomEvent;
    // A cursor of the middle of the log: its offset may be too low, which only makes a delta longer.
    const cursor = last.seq === this.log.length ? this.cursor() : this.cursor(last.seq, 0);
    return {
      kind: "events",
      room: this.room,
      epoch: this.epoch,
      cursor,
      events: structuredClone(events) as RoomEvent[],
    };
  }

  #read(since: string | null): Snapshot {
    const sorted = [...this.elements.values()].sort((a, b) =>
      a.element.index < b.element.index || (a.element.index === b.element.index && a.element.id < b.element.id)
        ? -1
        : 1,
    );
    const contains = { log: this.generation, next: this.offset + 1 };
    // The room may be behind the store: the cursor is then older than the elements.
    const cursor = this.cursor(Math.max(0, this.log.length - this.roomBehind));
    const place = { epoch: this.epoch, cursor, contains, time: this.clock.now() };
    if (since === null) {
      const live = sorted.filter(({ element }) => !element.isDeleted).map(({ element }) => element);
      return { ...place, complete: true, elements: structuredClone(live) };
    }
    const from = JSON.parse(since) as Cursor;
    if (from.generation !== this.generation) {
      throw new ReadRefused("schema_invalid", "a cursor of another board");
    }
    const changed = sorted.filter(({ changedAt }) => changedAt > from.offset).map(({ element }) => element);
    return { ...place, complete: false, elements: structuredClone(changed) };
  }

  handle(connection: Connection, frame: ClientFrame): void {
    this.received.push(frame);
    switch (frame.kind) {
      case "hello": {
        if (this.deadTokens.has(frame.token)) {
          connection.closeFromServer(4401);
          return;
        }
        connection.token = frame.token;
        connection.deliver({
          kind: "welcome",
          protocol: 1,
          connection: connection.id,
          session_id: "s1",
          user: { user_id: `u-${frame.token}`, name: frame.token, color: "#123456" },
          expires_at: "2026-01-01T00:15:00.000Z",
          limits: LIMITS,
          features: this.features,
        });
        return;
      }
      case "join":
        this.#join(connection, frame);
        return;
      case "send":
        this.#send(connection, frame);
        return;
      case "ping":
        connection.deliver({ kind: "pong" });
        return;
      case "move":
        for (const other of this.connections) {
          if (other !== connection && other.joined) {
            const move = { connection: connection.id, user_id: `u-${connection.token}`, data: frame.data };
            other.deliver({ kind: "presence", room: this.room, moves: [move], gone: [] });
          }
        }
        return;
      case "leave":
        connection.joined = false;
        connection.deliver({ kind: "left", room: this.room, reason: "left" });
    }
  }

  #role(connection: Connection): Role | undefined {
    return this.roles.get(connection.token ?? "") ?? (this.roles.size === 0 ? "editor" : undefined);
  }

  #join(connection: Connection, frame: ClientFrame & { kind: "join" }): void {
    connection.joined = false;
    const reject = (code: Code, path: string): void =>
      connection.deliver({
        kind: "reject",
        id: frame.id,
        room: frame.room,
        code,
        detail: code,
        errors: path === "" ? [] : [{ path, message: code }],
      });
    const role = this.#role(connection);
    if (role === undefined || frame.room !== this.room) {
      reject("not_found", "");
      return;
    }
    let seq = this.log.length;
    if (frame.since !== null) {
      const cursor = JSON.parse(frame.since) as Cursor;
      if (cursor.generation !== this.generation) {
        reject("schema_invalid", "/since");
        return;
      }
      if (cursor.epoch !== this.epoch || cursor.seq < this.windowStart) {
        const reason = cursor.epoch !== this.epoch ? "epoch" : "window";
        connection.deliver({ kind: "stale", room: this.room, reason });
        return;
      }
      seq = cursor.seq;
    }
    connection.joined = true;
    const members: Member[] = this.connections
      .filter((other) => other.joined)
      .map((other) => ({
        connection: other.id,
        user_id: `u-${other.token}`,
        name: other.token ?? "",
        color: "#123456",
      }));
    connection.deliver({
      kind: "joined",
      room: this.room,
      epoch: this.epoch,
      seq,
      cursor: frame.since ?? this.cursor(),
      role,
      members,
    });
    connection.deliver({ kind: "presence", room: this.room, moves: [], gone: [] });
    const missed = this.log.slice(seq);
    if (missed.length > 0) {
      connection.deliver(this.#eventsFrame(missed));
    }
  }

  #send(connection: Connection, frame: ClientFrame & { kind: "send" }): void {
    const reject = (code: Code, errors: { path: string; message: string }[], retryAfter?: number): void =>
      connection.deliver({ kind: "reject", id: frame.id, code, detail: code, errors, retry_after: retryAfter });
    const role = this.#role(connection);
    if (role !== "editor" && role !== "owner") {
      reject(role === undefined ? "not_found" : "forbidden", []);
      return;
    }
    const elements = frame.type === APPEND ? [] : frame.data.elements;
    const errors = elements.flatMap((element, position) =>
      element.strokeColor === "no colour"
        ? [{ path: `/elements/${position}/strokeColor`, message: "is not a colour" }]
        : [],
    );
    if (errors.length > 0) {
      reject("schema_invalid", errors);
      return;
    }
    if (frame.type === APPEND && this.refusesAppends) {
      reject("schema_invalid", [{ path: "/points", message: "are not taken" }]);
      return;
    }
    const fate = this.fate(frame.data);
    if (fate === "unavailable" || fate === "rate_limited") {
      reject(fate, [], 1);
      return;
    }
    if (fate !== "unknown_lost") {
      const by = { connection: connection.id, clientId: frame.id };
      if (frame.type === APPEND) {
        const { board_id: _, ...op } = structuredClone(frame.data);
        this.grow(op, by);
      } else {
        this.draw(structuredClone(frame.data.elements) as BoardElement[], by);
      }
    }
    if (fate === "ack") {
      connection.deliver({ kind: "ack", id: frame.id, position: `p${this.offset}` }, true);
    } else if (fate !== "silent") {
      connection.deliver({ kind: "unknown", id: frame.id, retry_after: 1 }, true);
    }
  }
}

let connectionCount = 0;

class Connection implements Socket {
  id: string;
  token: string | null = null;
  joined = false;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  #server: ServerDouble;
  #open = true;
  #lastIn = 0;
  #lastOut = 0;

  constructor(server: ServerDouble) {
    connectionCount += 1;
    this.id = `w-${connectionCount}`;
    this.#server = server;
    server.clock.after(server.latency(), () => {
      if (server.isDown) {
        this.closeFromServer(1006);
      } else if (this.#open) {
        this.onopen?.();
      }
    });
  }

  send(text: string): void {
    if (!this.#open) {
      return;
    }
    const frame = JSON.parse(text) as ClientFrame;
    this.#lastIn = Math.max(this.#lastIn, this.#server.clock.now() + this.#server.latency());
    this.#server.clock.after(this.#lastIn - this.#server.clock.now(), () => {
      if (this.#open) {
        this.#server.handle(this, frame);
      }
    });
  }

  /** In order, but an answer to a send may overtake or be overtaken by the event of the same op. */
  deliver(frame: ServerFrame, loose = false): void {
    const clock = this.#server.clock;
    const text = JSON.stringify(frame);
    const arrival = clock.now() + this.#server.latency();
    if (!loose) {
      this.#lastOut = Math.max(this.#lastOut, arrival);
    }
    clock.after((loose ? arrival : this.#lastOut) - clock.now(), () => {
      if (this.#open) {
        this.onmessage?.({ data: text });
      }
    });
  }

  close(): void {
    this.#open = false;
    this.joined = false;
    this.#server.connections = this.#server.connections.filter((other) => other !== this);
  }

  closeFromServer(code: number): void {
    if (this.#open) {
      this.close();
      this.onclose?.({ code });
    }
  }
}
