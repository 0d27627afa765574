/**
 * A board, live: reads it, joins its room, resumes after every fault, sends edits and shows presence. It knows no
 * editor and no page.
 */

import { opLimits } from "./batching.ts";
import {
  type BoardClientParts,
  type BoardEnd,
  type BoardListener,
  type BoardState,
  type Connection,
  mayDraw,
} from "./board-state.ts";
import type { Clock } from "./clock.ts";
import { backoff } from "./close-code.ts";
import { Doubtful } from "./doubtful.ts";
import type { BoardElement } from "./element.ts";
import type { Code, MoveData, RoomEvent, ServerFrame } from "./frames.ts";
import { fold } from "./merge.ts";
import { Reader } from "./reader.ts";
import { Replica } from "./replica.ts";
import { Roster } from "./roster.ts";
import { Sender } from "./sender.ts";
import { Sequence } from "./sequence.ts";
import type { Snapshot } from "./source.ts";
import { Throttle } from "./throttle.ts";
import type { TransportState } from "./transport.ts";

const MOVE_INTERVAL = 33;
export class BoardClient {
  #room: string;
  #clock: Clock;
  #listener: BoardListener;
  #connection: Connection;
  #reader: Reader;
  #sender: Sender;
  #doubtful: Doubtful;
  #replica = new Replica();
  #sequence = new Sequence();
  #roster = new Roster();
  #moves: Throttle;
  #move: MoveData = {};
  #state: BoardState;
  #stopped = false;
  #loaded = false;
  #joined = false;
  /** The id of the join whose answer is awaited. */
  #joining: string | null = null;
  #cancelJoin: (() => void) | null = null;
  #idPrefix: string;
  #idCount = 0;

  constructor({ boardId, role, source, keepsake, clock, listener, connect }: BoardClientParts) {
    this.#room = `board:${boardId}`;
    this.#clock = clock;
    this.#listener = listener;
    this.#idPrefix = Math.floor(clock.random() * 2 ** 40).toString(36);
    this.#state = { phase: { name: "loading" }, unsaved: 0, role, connection: null, me: null, embedHosts: [] };
    this.#connection = connect({
      onState: (state) => this.#onTransport(state),
      onFrame: (frame, again) => this.#onFrame(frame, again),
    });
    this.#reader = new Reader(source, clock, {
      onSnapshot: (snapshot) => this.#onSnapshot(snapshot),
      onCursorRefused: () => this.#readAnew(),
      onRefused: (reason) => this.#end(reason),
    });
    this.#sender = new Sender({
      boardId,
      clock,
      keepsake,
      newId: () => this.#newId("c"),
      send: (frame) => this.#connection.send(frame),
      giveUp: () => this.#connection.abandon(),
      onUnsaved: (unsaved) => this.#set({ unsaved }),
      onRefused: (refusals) => listener.onRefused(refusals),
    });
    this.#doubtful = new Doubtful(
      source,
      clock,
      (id) => this.#sender.has(id),
      (ids) => this.#onGhosts(ids),
    );
    this.#moves = new Throttle(
      clock,
      () => MOVE_INTERVAL,
      () => this.#sendMove(),
    );
  }

  get state(): BoardState {
    return this.#state;
  }

  start(): void {
    this.#connection.start();
    this.#reader.read(null);
  }

  /** Leaves the board. What is unconfirmed is kept for the next visit. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#joined = false;
      this.#connection.stop();
      this.#reader.stop();
      this.#sender.stop();
      this.#doubtful.stop();
      this.#moves.stop();
      this.#cancelJoin?.();
    }
  }

  /** The network is said to be back: wait no longer. */
  wake(): void {
    if (!this.#stopped) {
      this.#connection.wake();
      if (!this.#loaded) {
        this.#reader.read(null);
      }
    }
  }

  /** Takes edits. They are sent at once when the connection stands, else kept until it does. */
  draw(elements: readonly BoardElement[]): void {
    if (!this.#stopped) {
      this.#sender.put(elements);
    }
  }

  /** Writes unconfirmed edits down now: the page may be gone in a moment. */
  keep(): void {
    this.#sender.keep();
  }

  /** What others see of this person; the latest counts, at most 30 a second leave. */
  show(change: MoveData): void {
    this.#move = { ...this.#move, ...change };
    this.#moves.request();
  }

  /** What the server holds of an element. */
  standing(id: string): BoardElement | undefined {
    return this.#replica.get(id);
  }

  /** All that the server is known to hold, tombstones included. */
  held(): BoardElement[] {
    return this.#replica.all();
  }

  isUnsaved(id: string): boolean {
    return this.#sender.has(id);
  }

  #newId(kind: "c" | "j"): string {
    this.#idCount += 1;
    return `${kind}-${this.#idPrefix}-${this.#idCount}`;
  }

  #set(change: Partial<BoardState>): void {
    const next = { ...this.#state, ...change };
    if ((Object.keys(change) as (keyof BoardState)[]).some((name) => next[name] !== this.#state[name])) {
      this.#state = next;
      this.#listener.onState(next);
    }
  }

  #phase(name: "live" | "reconnecting"): void {
    if (this.#state.phase.name !== name && !this.#stopped) {
      this.#set({ phase: { name } });
    }
  }

  #end(reason: BoardEnd): void {
    if (!this.#stopped) {
      this.stop();
      this.#roster.clear();
      this.#listener.onPresence([]);
      this.#set({ phase: { name: "ended", reason }, connection: null });
    }
  }

  #readAnew(): void {
    this.#sequence.forget();
    this.#reader.read(null);
  }

  #onSnapshot(snapshot: Snapshot): void {
    this.#sequence.moveTo(snapshot.cursor);
    if (snapshot.complete) {
      this.#replica.replace(snapshot.elements);
      this.#doubtful.snapshot();
      this.#loaded = true;
      this.#listener.onSnapshot([...fold([...this.#replica.all(), ...this.#sender.elements()]).values()]);
    } else {
      this.#merge(snapshot.elements);
    }
    this.#join();
  }

  #merge(elements: readonly BoardElement[]): void {
    const changed = this.#replica.apply(elements);
    if (changed.length > 0) {
      this.#listener.onElements(changed);
    }
  }

  #onGhosts(ids: readonly string[]): void {
    if (ids.length > 0) {
      this.#replica.drop(ids);
      this.#listener.onGhosts(ids);
    }
  }

  #join(): void {
    this.#leave();
    if (this.#loaded && !this.#reader.isBusy && this.#connection.isOpen) {
      this.#joining = this.#newId("j");
      this.#connection.send({ kind: "join", id: this.#joining, room: this.#room, since: this.#sequence.cursor });
    }
  }

  #leave(): void {
    this.#joined = false;
    this.#joining = null;
    this.#cancelJoin?.();
    this.#sender.left();
    if (this.#loaded) {
      this.#phase("reconnecting");
    }
  }

  #onTransport(state: TransportState): void {
    if (state.name === "ended") {
      this.#end(state.reason);
    } else if (state.name !== "open" && !this.#stopped) {
      this.#leave();
      this.#sender.disconnected();
      this.#set({ connection: null });
    }
  }

  #onFrame(frame: ServerFrame, again: boolean): void {
    switch (frame.kind) {
      case "welcome":
        this.#sender.limits = opLimits(frame.limits);
        this.#set({ connection: frame.connection, me: frame.user, embedHosts: frame.limits.embed_hosts });
        if (!again) {
          this.#join();
        }
        return;
      case "reject":
        if (frame.id !== undefined && frame.id === this.#joining) {
          this.#onJoinRefused(frame.code, frame.retry_after);
        } else {
          this.#sender.answered(frame);
        }
        return;
      case "ack":
      case "unknown":
        this.#sender.answered(frame);
        return;
      case "answer":
      case "pong":
        return;
      default:
        if (frame.room === this.#room) {
          this.#onRoomFrame(frame);
        }
    }
  }

  #onRoomFrame(frame: ServerFrame & { room: string }): void {
    switch (frame.kind) {
      case "joined":
        this.#joined = true;
        this.#joining = null;
        this.#sequence.joined(frame.epoch, frame.seq, frame.cursor);
        this.#roster.joined(frame.members);
        this.#listener.onPresence(this.#roster.all());
        this.#phase("live");
        this.#set({ role: frame.role });
        this.#sender.joined(mayDraw(frame.role));
        this.#moves.request();
        return;
      case "events":
        this.#onEvents(frame.epoch, frame.cursor, frame.events);
        return;
      case "stale":
        this.#leave();
        this.#reader.read(this.#sequence.cursor);
        return;
      case "reset":
        this.#join();
        return;
      case "presence":
        this.#roster.update(frame.moves, frame.gone);
        this.#listener.onPresence(this.#roster.all());
        return;
      case "role":
        this.#set({ role: frame.role });
        this.#sender.setMayDraw(mayDraw(frame.role));
        return;
      case "left":
        if (frame.reason !== "left") {
          this.#end(frame.reason);
        }
        return;
    }
  }

  #onEvents(epoch: string, cursor: string, events: readonly RoomEvent[]): void {
    if (!this.#joined) {
      return;
    }
    const before = this.#sequence.cursor;
    const received = this.#sequence.receive(epoch, cursor, events);
    if (received.what === "gap") {
      this.#join();
      return;
    }
    const elements: BoardElement[] = [];
    for (const event of received.events) {
      if (event.type === "boards.draw") {
        const drawn = event.data.elements as readonly BoardElement[];
        for (const element of drawn.filter(({ id }) => !this.#replica.has(id))) {
          this.#doubtful.note(element, before, Date.parse(event.time));
        }
        elements.push(...drawn);
      } else {
        this.#listener.onFact(event);
      }
    }
    this.#merge(elements);
  }

  #onJoinRefused(code: Code, retryAfterSeconds: number | undefined): void {
    this.#joining = null;
    if (code === "not_found" || code === "forbidden") {
      this.#end("not_found");
    } else if (code === "schema_invalid") {
      this.#readAnew();
    } else {
      const delay = retryAfterSeconds === undefined ? backoff(2, this.#clock.random()) : retryAfterSeconds * 1000;
      this.#cancelJoin = this.#clock.after(delay, () => this.#join());
    }
  }

  #sendMove(): void {
    if (this.#joined && Object.keys(this.#move).length > 0) {
      this.#connection.send({ kind: "move", room: this.#room, data: this.#move });
    }
  }
}
