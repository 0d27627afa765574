/**
 * A board, live: reads it, joins its room, resumes after every fault, sends edits and shows presence. It knows no
 * editor and no page.
 */

import { Arrivals } from "./arrivals.ts";
import { opLimits } from "./batching.ts";
import {
  type BoardClientParts,
  type BoardEnd,
  type BoardListener,
  type BoardState,
  type Connection,
  mayDraw,
} from "./board-state.ts";
import { Doubtful } from "./doubtful.ts";
import type { BoardElement } from "./element.ts";
import { APPEND_POINTS } from "./features.ts";
import type { ClientFrame, MoveData, Role, RoomEvent, ServerFrame } from "./frames.ts";
import type { Keepsake } from "./keepsake.ts";
import { fold, wins } from "./merge.ts";
import { Reader } from "./reader.ts";
import { Replica } from "./replica.ts";
import { Room } from "./room.ts";
import { Sender } from "./sender.ts";
import type { Snapshot } from "./source.ts";
import { Throttle } from "./throttle.ts";
import type { TransportState } from "./transport.ts";

const MOVE_INTERVAL = 33;

export class BoardClient {
  #roomName: string;
  #room: Room;
  #listener: BoardListener;
  #connection: Connection;
  #keepsake: Keepsake;
  #reader: Reader;
  #sender: Sender;
  #doubtful: Doubtful;
  #arrivals: Arrivals;
  #replica = new Replica();
  #moves: Throttle;
  #move: MoveData = {};
  #state: BoardState;
  #stopped = false;
  #loaded = false;
  /** Whether what earlier pages left unconfirmed has been looked for: before, no board is shown without it. */
  #isOpen = false;
  #early: Snapshot | null = null;
  #idPrefix: string;
  #idCount = 0;

  constructor({ boardId, role, source, keepsake, clock, listener, connect }: BoardClientParts) {
    this.#roomName = `board:${boardId}`;
    this.#listener = listener;
    this.#keepsake = keepsake;
    this.#idPrefix = Math.floor(clock.random() * 2 ** 40).toString(36);
    this.#state = {
      phase: { name: "loading" },
      unsaved: 0,
      kept: true,
      role,
      connection: null,
      me: null,
      embedHosts: [],
    };
    this.#connection = connect({
      onState: (state) => this.#onTransport(state),
      onFrame: (frame, again) => this.#onFrame(frame, again),
    });
    this.#reader = new Reader(source, clock, {
      onSnapshot: (snapshot) => this.#onSnapshot(snapshot),
      onCursorRefused: () => this.#reader.read(null),
      onRefused: (reason) => this.#end(reason),
    });
    const send = (frame: ClientFrame): boolean => this.#connection.send(frame);
    this.#room = new Room(this.#roomName, clock, () => this.#newId("j"), send, {
      onJoined: (joined) => this.#onJoined(joined),
      onOut: () => this.#onOut(),
      onEvents: (events, before) => this.#onEvents(events, before),
      onPresence: (present) => listener.onPresence(present),
      onRole: (changed) => this.#onRole(changed),
      onStale: (since) => this.#reader.read(since),
      onEnd: (reason) => this.#end(reason),
      onSilence: () => this.#connection.abandon(),
    });
    this.#sender = new Sender({
      boardId,
      clock,
      keepsake,
      newId: () => this.#newId("c"),
      standing: (id) => this.#replica.get(id),
      send,
      giveUp: () => this.#connection.abandon(),
      onUnsaved: (unsaved) => this.#set({ unsaved }),
      onAcknowledged: (ids) => this.#doubtful.acknowledged(ids, this.#room.cursor),
      onRefused: (refusals) => listener.onRefused(refusals),
    });
    this.#doubtful = new Doubtful(
      source,
      clock,
      (id) => this.#replica.get(id),
      (id) => this.#sender.has(id),
      (ids) => this.#onGhosts(ids),
    );
    this.#arrivals = new Arrivals(this.#replica, this.#doubtful, (id) => this.#sender.overtaken(id));
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
    const listener = {
      onFound: (elements: readonly BoardElement[]) => this.#onFound(elements),
      onKept: (kept: boolean) => this.#set({ kept }),
    };
    void this.#keepsake.open(listener).then(() => {
      this.#isOpen = true;
      if (this.#early !== null && !this.#stopped) {
        this.#onSnapshot(this.#early);
      }
      this.#early = null;
    });
  }

  /** Leaves the board. What is unconfirmed is kept for the next visit. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#room.stop();
      this.#connection.stop();
      this.#reader.stop();
      this.#sender.stop();
      this.#keepsake.close();
      this.#doubtful.stop();
      this.#moves.stop();
    }
  }

  /** The network is said to be back: wait no longer. */
  wake(): void {
    if (!this.#stopped) {
      this.#keepsake.look();
      this.#connection.wake();
      if (this.#loaded) {
        this.#reader.hurry();
      } else {
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
      this.#listener.onPresence([]);
      this.#set({ phase: { name: "ended", reason }, connection: null });
    }
  }

  /** Edits that a page which is no more left unconfirmed: from now on they are this page's. */
  #onFound(elements: readonly BoardElement[]): void {
    if (!this.#stopped && elements.length > 0) {
      this.#sender.put(elements);
      const news = elements.filter((element) => wins(element, this.#replica.get(element.id)));
      if (this.#loaded && news.length > 0) {
        this.#listener.onElements(news);
      }
    }
  }

  #onSnapshot(snapshot: Snapshot): void {
    if (!this.#isOpen) {
      this.#early = snapshot;
      return;
    }
    this.#room.moveTo(snapshot.cursor);
    this.#arrivals.snapshot(snapshot);
    if (snapshot.complete) {
      this.#replica.replace(snapshot.elements);
      this.#doubtful.snapshot(snapshot.time);
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
    if (this.#loaded && !this.#reader.isBusy && this.#connection.isOpen) {
      this.#room.join();
    }
  }

  #onTransport(state: TransportState): void {
    if (state.name === "ended") {
      this.#end(state.reason);
    } else if (state.name !== "open" && !this.#stopped) {
      this.#room.leave();
      this.#sender.disconnected();
      this.#set({ connection: null });
    }
  }

  #onFrame(frame: ServerFrame, again: boolean): void {
    switch (frame.kind) {
      case "welcome":
        this.#sender.limits = opLimits(frame.limits);
        this.#sender.takesAppends = frame.features?.includes(APPEND_POINTS) ?? false;
        this.#set({ connection: frame.connection, me: frame.user, embedHosts: frame.limits.embed_hosts });
        if (!again) {
          this.#reader.hurry();
          this.#join();
        }
        return;
      case "reject":
        if (!this.#room.rejected(frame)) {
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
        this.#room.receive(frame);
    }
  }

  #onJoined(role: Role): void {
    this.#phase("live");
    this.#set({ role });
    this.#sender.joined(mayDraw(role));
    this.#moves.request();
  }

  #onOut(): void {
    this.#sender.left();
    if (this.#loaded) {
      this.#phase("reconnecting");
    }
  }

  #onRole(role: Role): void {
    this.#set({ role });
    this.#sender.setMayDraw(mayDraw(role));
  }

  #onEvents(events: readonly RoomEvent[], before: string | null): void {
    const { elements, facts } = this.#arrivals.take(events, before);
    if (elements.length > 0) {
      this.#listener.onElements(elements);
    }
    for (const fact of facts) {
      this.#listener.onFact(fact);
    }
  }

  #sendMove(): void {
    if (this.#room.isJoined && Object.keys(this.#move).length > 0) {
      this.#connection.send({ kind: "move", room: this.#roomName, data: this.#move });
    }
  }
}
