/** Sees to it that every edit is confirmed or reported as lost: feeds the outbox's ops to the connection in time. */

import { APPEND } from "./append.ts";
import { DEFAULT_LIMITS, type OpLimits } from "./batching.ts";
import type { Clock } from "./clock.ts";
import type { BoardElement } from "./element.ts";
import type { ClientFrame, Code, ServerFrame } from "./frames.ts";
import type { Keepsake } from "./keepsake.ts";
import type { Refusal } from "./op.ts";
import { Outbox } from "./outbox.ts";
import { Throttle } from "./throttle.ts";

export interface SenderParts {
  readonly boardId: string;
  readonly clock: Clock;
  readonly keepsake: Keepsake;
  readonly newId: () => string;
  /** What the server is known to hold of an element. */
  readonly standing: (id: string) => BoardElement | undefined;
  readonly send: (frame: ClientFrame) => void;
  /** The socket does not answer any more. */
  readonly giveUp: () => void;
  readonly onUnsaved: (count: number) => void;
  readonly onAcknowledged: (ids: readonly string[]) => void;
  readonly onRefused: (refusals: readonly Refusal[]) => void;
}

const ANSWER_WITHIN = 15_000;
const KEEP_INTERVAL = 1_000;

export class Sender {
  #parts: SenderParts;
  #outbox: Outbox;
  #keeping: Throttle;
  #mayDraw = true;
  #joined = false;
  #cancel: (() => void) | null = null;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts.newId, DEFAULT_LIMITS, parts.standing);
    this.#keeping = new Throttle(
      parts.clock,
      () => KEEP_INTERVAL,
      () => parts.keepsake.save(this.#outbox.elements()),
    );
  }

  set limits(limits: OpLimits) {
    this.#outbox.limits = limits;
  }

  /** Without the right to draw nothing is sent, and what waits is lost. */
  setMayDraw(may: boolean): void {
    this.#mayDraw = may;
    if (!may) {
      this.#refuse(this.#outbox.abandon("forbidden", ""));
    }
    this.#pump();
  }

  /** Whether the server takes appended points. */
  set takesAppends(takes: boolean) {
    this.#outbox.takesAppends = takes;
  }

  /** The server holds another state of the element than the one sent last. */
  overtaken(id: string): void {
    this.#outbox.overtaken(id);
  }

  elements(): BoardElement[] {
    return this.#outbox.elements();
  }

  /** How many elements have unconfirmed edits. */
  get size(): number {
    return this.#outbox.size;
  }

  has(elementId: string): boolean {
    return this.#outbox.has(elementId);
  }

  put(elements: readonly BoardElement[]): void {
    if (!this.#mayDraw) {
      this.#refuse(elements.map((element) => ({ element, code: "forbidden" satisfies Code, message: "" })));
      return;
    }
    this.#refuse(this.#outbox.put(elements));
    this.#pump();
  }

  joined(mayDraw: boolean): void {
    this.#joined = true;
    this.setMayDraw(mayDraw);
  }

  /** No longer in the room; what is under way may still be answered. */
  left(): void {
    this.#joined = false;
    this.#outbox.left();
  }

  disconnected(): void {
    this.#joined = false;
    this.#outbox.disconnected();
  }

  answered(frame: ServerFrame & { kind: "ack" | "unknown" | "reject" }): void {
    if (frame.id === undefined) {
      return;
    }
    if (frame.kind === "ack") {
      this.#parts.onAcknowledged(this.#outbox.acknowledged(frame.id));
    } else if (frame.kind === "unknown") {
      this.#outbox.unknown(frame.id, frame.retry_after, this.#parts.clock.now());
    } else {
      this.#refuse(this.#outbox.rejected(frame.id, frame, this.#parts.clock.now()));
    }
    this.#pump();
  }

  /** Writes down what is unconfirmed: the page may be gone in a moment. */
  keep(): void {
    this.#keeping.flush();
  }

  stop(): void {
    this.#keeping.flush();
    this.#keeping.stop();
    this.#cancel?.();
  }

  #refuse(refusals: readonly Refusal[]): void {
    if (refusals.length > 0) {
      this.#parts.onRefused(refusals);
    }
  }

  #pump(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#joined) {
      for (const op of this.#outbox.take(this.#parts.clock.now())) {
        const board = { board_id: this.#parts.boardId };
        this.#parts.send(
          op.append === null
            ? { kind: "send", id: op.id, type: "boards.draw", data: { ...board, elements: op.elements } }
            : { kind: "send", id: op.id, type: APPEND, data: { ...board, ...op.append } },
        );
      }
      this.#plan();
    }
    // Told first: whatever else is told may make somebody look.
    this.#parts.onUnsaved(this.#outbox.size);
    this.#keeping.request();
  }

  /** Looks again when something becomes due, and gives up a socket on which an answer is overdue. */
  #plan(): void {
    const now = this.#parts.clock.now();
    const due = this.#outbox.nextAt();
    const oldest = this.#outbox.oldestOnTheWire();
    if (oldest !== null && now - oldest >= ANSWER_WITHIN) {
      this.#parts.giveUp();
      return;
    }
    const waits: number[] = [];
    if (due !== null && due > now) {
      waits.push(due - now);
    }
    if (oldest !== null) {
      waits.push(oldest + ANSWER_WITHIN - now);
    }
    if (waits.length > 0) {
      this.#cancel = this.#parts.clock.after(Math.min(...waits), () => this.#pump());
    }
  }
}
