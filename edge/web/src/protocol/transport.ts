/** One authenticated socket to the edge that comes back by itself. It knows frames, not boards. */

import type { Clock } from "./clock.ts";
import { afterClose, backoff } from "./close-code.ts";
import { type Credentials, NoAccess, type Token } from "./credentials.ts";
import { FEATURES } from "./features.ts";
import type { ClientFrame, ServerFrame } from "./frames.ts";
import { Pulse } from "./pulse.ts";

/** The part of the browser's WebSocket that is used. */
export interface Socket {
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type EndReason = "signed_out" | "gone" | "password" | "client_fault" | "stopped";

export type TransportState =
  | { readonly name: "connecting" }
  | { readonly name: "open" }
  | { readonly name: "waiting" }
  | { readonly name: "ended"; readonly reason: EndReason };

export interface TransportListener {
  onState(state: TransportState): void;
  /** Every frame but `pong`; a `welcome` of a repeated hello comes with `again`. */
  onFrame(frame: ServerFrame, again: boolean): void;
}

const WELCOME_WITHIN = 10_000;
const STEADY = 10_000;
const RENEW_LEAD = 60_000;
const MOVE_BUFFER_BYTES = 64 * 1024;
const REFUSED_TOKENS = 3;
// A browser's timer counts in 32 bits; a longer wait would end at once.
const LONGEST_TIMER = 2 ** 31 - 1;

export class Transport {
  #open: () => Socket;
  #credentials: Credentials;
  #client: string;
  #clock: Clock;
  #listener: TransportListener;
  #pulse: Pulse;

  #state: TransportState = { name: "waiting" };
  #socket: Socket | null = null;
  #token: Token | null = null;
  #connection: string | null = null;
  #welcomedAt = 0;
  #attempt = 0;
  #refusals = 0;
  /** Makes the answers of an abandoned attempt recognisable. */
  #turn = 0;
  #cancelWait: (() => void) | null = null;
  #cancelRenewal: (() => void) | null = null;

  constructor(open: () => Socket, credentials: Credentials, client: string, clock: Clock, listener: TransportListener) {
    this.#open = open;
    this.#credentials = credentials;
    this.#client = client;
    this.#clock = clock;
    this.#listener = listener;
    this.#pulse = new Pulse(
      clock,
      () => this.send({ kind: "ping" }),
      () => this.abandon(),
    );
  }

  get connection(): string | null {
    return this.#connection;
  }

  get isOpen(): boolean {
    return this.#state.name === "open";
  }

  start(): void {
    if (this.#state.name === "waiting" && this.#cancelWait === null && this.#socket === null) {
      this.#connect();
    }
  }

  stop(): void {
    this.#end("stopped");
  }

  /** The network is said to be back, or the page is looked at again: do not wait, and trust no silent socket. */
  wake(): void {
    if (this.#state.name === "waiting") {
      this.#attempt = 0;
      this.#connect();
    } else if (this.#state.name === "open") {
      this.#pulse.doubt();
    }
  }

  /** Answers whether the frame was handed to a welcomed socket; if not, nobody will get it. */
  send(frame: ClientFrame): boolean {
    if (this.#state.name !== "open" || this.#socket === null) {
      return false;
    }
    if (frame.kind === "move" && this.#socket.bufferedAmount > MOVE_BUFFER_BYTES) {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Gives up a socket that looks dead, and comes back at once. */
  abandon(): void {
    if (this.#socket !== null) {
      this.#drop();
      this.#closed(1006);
    }
  }

  #connect(renewed?: Token): void {
    this.#cancelWait?.();
    this.#cancelWait = null;
    this.#turn += 1;
    const turn = this.#turn;
    this.#become({ name: "connecting" });
    const token = renewed === undefined ? this.#credentials.current() : Promise.resolve(renewed);
    token.then(
      (value) => turn === this.#turn && this.#dial(value, turn),
      (error: unknown) => turn === this.#turn && this.#noToken(error),
    );
  }

  #dial(token: Token, turn: number): void {
    this.#token = token;
    const socket = this.#open();
    this.#socket = socket;
    const current = (): boolean => turn === this.#turn && this.#socket === socket;
    socket.onopen = () => {
      if (current()) {
        this.#hello(token);
      }
    };
    socket.onmessage = (event) => {
      if (current()) {
        this.#received(event.data);
      }
    };
    socket.onclose = (event) => {
      if (current()) {
        this.#drop();
        this.#closed(event.code);
      }
    };
    this.#pulse.expect(WELCOME_WITHIN);
  }

  #hello(token: Token): void {
    this.#socket?.send(
      JSON.stringify({
        kind: "hello",
        token: token.token,
        client: this.#client,
        features: FEATURES,
      } satisfies ClientFrame),
    );
  }

  #received(text: unknown): void {
    this.#pulse.heard();
    const frame = JSON.parse(String(text)) as ServerFrame;
    if (frame.kind === "welcome") {
      this.#welcomed(frame);
    } else if (frame.kind !== "pong") {
      this.#listener.onFrame(frame, false);
    }
  }

  #welcomed(frame: ServerFrame & { kind: "welcome" }): void {
    const again = this.#state.name === "open" && this.#connection === frame.connection;
    this.#connection = frame.connection;
    this.#refusals = 0;
    this.#planRenewal();
    if (!again) {
      this.#welcomedAt = this.#clock.now();
      this.#pulse.listen();
      this.#become({ name: "open" });
    }
    this.#listener.onFrame(frame, again);
  }

  #planRenewal(): void {
    this.#cancelRenewal?.();
    const token = this.#token;
    if (token === null) {
      return;
    }
    const left = token.expiresAt - this.#clock.now();
    const wait = Math.min(LONGEST_TIMER, Math.max(0, left - Math.min(RENEW_LEAD, left / 4)));
    this.#cancelRenewal = this.#clock.after(wait, () => this.#renewWhileOpen(token));
  }

  #renewWhileOpen(old: Token): void {
    const turn = this.#turn;
    this.#credentials.renew(old.token).then(
      (token) => {
        if (turn === this.#turn && this.#socket !== null) {
          this.#token = token;
          this.#hello(token);
        }
      },
      (error: unknown) => {
        if (turn !== this.#turn) {
          return;
        }
        if (error instanceof NoAccess) {
          this.#noToken(error);
        } else {
          this.#cancelRenewal = this.#clock.after(backoff(3, this.#clock.random()), () => this.#renewWhileOpen(old));
        }
      },
    );
  }

  #closed(code: number): void {
    const steady = this.#welcomedAt > 0 && this.#clock.now() - this.#welcomedAt >= STEADY;
    this.#attempt = steady ? 0 : this.#attempt;
    this.#welcomedAt = 0;
    const next = afterClose(code, this.#attempt, this.#clock.random());
    this.#attempt += 1;
    if (next.what === "end") {
      this.#end(next.reason);
    } else if (next.what === "renew") {
      this.#refusals += 1;
      if (this.#refusals >= REFUSED_TOKENS) {
        this.#end("signed_out");
      } else {
        this.#wait(next.delay, () => this.#renewThenConnect());
      }
    } else {
      this.#wait(next.delay, () => this.#connect());
    }
  }

  #renewThenConnect(): void {
    this.#turn += 1;
    const turn = this.#turn;
    this.#become({ name: "connecting" });
    this.#credentials.renew(this.#token?.token ?? "").then(
      (token) => turn === this.#turn && this.#connect(token),
      (error: unknown) => turn === this.#turn && this.#noToken(error),
    );
  }

  #noToken(error: unknown): void {
    if (error instanceof NoAccess) {
      this.#end(error.reason);
      return;
    }
    this.#drop();
    this.#wait(backoff(this.#attempt, this.#clock.random()), () => this.#connect());
    this.#attempt += 1;
  }

  #wait(delay: number, then: () => void): void {
    this.#become({ name: "waiting" });
    this.#cancelWait = this.#clock.after(delay, () => {
      this.#cancelWait = null;
      then();
    });
  }

  #drop(): void {
    this.#pulse.stop();
    this.#cancelRenewal?.();
    this.#cancelRenewal = null;
    this.#connection = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  #end(reason: EndReason): void {
    this.#turn += 1;
    this.#cancelWait?.();
    this.#cancelWait = null;
    this.#drop();
    this.#become({ name: "ended", reason });
  }

  #become(state: TransportState): void {
    if (this.#state.name === "ended" && state.name !== "ended") {
      return;
    }
    this.#state = state;
    this.#listener.onState(state);
  }
}
