/**
 * What the person did and the server has not yet confirmed.
 *
 * An edit first waits; edits of one element that wait replace one another. It leaves as part of an op, and an op stays
 * here, unchanged, until its answer comes: after a reconnect it is sent again as it is, and the merge rule makes that
 * harmless.
 */

import type { Appended } from "./append.ts";
import { type Batch, batches, isOversize, jsonBytes, type OpLimits } from "./batching.ts";
import { type BoardElement, byIndexThenId } from "./element.ts";
import type { Code, Problem } from "./frames.ts";
import { wins } from "./merge.ts";
import { faults, type Op, type Refusal } from "./op.ts";
import { Strokes } from "./strokes.ts";

interface Held extends Op {
  append: Appended | null;
  /** Something of it is known not to stand at the server. */
  isOvertaken: boolean;
  /** Sent on the present connection, its answer still to come. */
  onTheWire: boolean;
  sentAt: number;
  /** Not before this moment, after the server asked for patience. */
  notBefore: number;
  attempts: number;
}

// Ops whose answers may be outstanding. Beyond it edits wait and merge, so a slow server gets fewer, fuller ops.
const WINDOW_OPS = 16;
const WINDOW_BYTES = 2 * 1024 * 1024;
const INTERNAL_ATTEMPTS = 5;
const RETRY_SECONDS = 1;
const RETRY_SECONDS_MOST = 30;
const PASSING: ReadonlySet<Code> = new Set(["rate_limited", "unavailable", "outcome_unknown", "unauthenticated"]);

export class Outbox {
  #waiting = new Map<string, BoardElement>();
  #held = new Map<string, Held>();
  #newId: () => string;
  #limits: OpLimits;
  #pausedUntil = 0;
  #strokes: Strokes;

  constructor(newId: () => string, limits: OpLimits, held: (id: string) => BoardElement | undefined = () => undefined) {
    this.#newId = newId;
    this.#strokes = new Strokes(held);
    this.#limits = limits;
  }

  set limits(limits: OpLimits) {
    this.#limits = limits;
  }

  set takesAppends(takes: boolean) {
    this.#strokes.takesAppends = takes;
  }

  /** The server holds another state of the element than the one sent last. */
  overtaken(id: string): void {
    this.#strokes.forget(id);
    for (const op of this.#held.values()) {
      // Its event may have come before its answer: that it is in the log does not say that it stands.
      op.isOvertaken ||= op.elements.some((element) => element.id === id);
    }
  }

  /** Takes edits; returns those that no frame can carry. */
  put(elements: Iterable<BoardElement>): Refusal[] {
    const refused: Refusal[] = [];
    for (const element of elements) {
      if (isOversize(element, this.#limits)) {
        refused.push({ element, code: "too_large", message: "" });
      } else if (wins(element, this.#waiting.get(element.id))) {
        this.#waiting.set(element.id, element);
      }
    }
    return refused;
  }

  has(elementId: string): boolean {
    if (this.#waiting.has(elementId)) {
      return true;
    }
    for (const op of this.#held.values()) {
      if (op.elements.some((element) => element.id === elementId)) {
        return true;
      }
    }
    return false;
  }

  /** Everything unconfirmed, the newest state of each element. */
  elements(): BoardElement[] {
    const newest = new Map<string, BoardElement>();
    for (const op of this.#held.values()) {
      for (const element of op.elements) {
        if (wins(element, newest.get(element.id))) {
          newest.set(element.id, element);
        }
      }
    }
    for (const element of this.#waiting.values()) {
      if (wins(element, newest.get(element.id))) {
        newest.set(element.id, element);
      }
    }
    return [...newest.values()];
  }

  /** How many elements have unconfirmed edits. */
  get size(): number {
    const ids = new Set(this.#waiting.keys());
    for (const op of this.#held.values()) {
      for (const element of op.elements) {
        ids.add(element.id);
      }
    }
    return ids.size;
  }

  /** The ops to send at this moment, in order. They count as sent. */
  take(now: number): Op[] {
    if (now < this.#pausedUntil) {
      return [];
    }
    const taken: Op[] = [];
    let count = 0;
    let bytes = 0;
    for (const op of this.#held.values()) {
      count += 1;
      bytes += op.bytes;
      if (!op.onTheWire && op.notBefore <= now) {
        this.#sent(op, now);
        taken.push(op);
      }
    }
    if (this.#waiting.size === 0 || count >= WINDOW_OPS || bytes >= WINDOW_BYTES) {
      return taken;
    }
    const { whole, grown } = this.#strokes.sort([...this.#waiting.values()], [...this.#held.values()]);
    for (const { element, append } of grown) {
      if (count < WINDOW_OPS) {
        count += 1;
        this.#waiting.delete(element.id);
        const op = this.#hold({ elements: [element], bytes: jsonBytes(append) }, append);
        this.#sent(op, now);
        taken.push(op);
      }
    }
    for (const batch of batches(whole.sort(byIndexThenId), this.#limits)) {
      if (count >= WINDOW_OPS || (bytes > 0 && bytes + batch.bytes > WINDOW_BYTES)) {
        break;
      }
      count += 1;
      bytes += batch.bytes;
      for (const element of batch.elements) {
        this.#waiting.delete(element.id);
      }
      const op = this.#hold(batch);
      this.#sent(op, now);
      taken.push(op);
    }
    return taken;
  }

  /** When `take` may have something again though nothing else happens; `null`: only after an event. */
  nextAt(): number | null {
    let next: number | null = null;
    for (const op of this.#held.values()) {
      if (!op.onTheWire) {
        next = Math.min(next ?? Number.POSITIVE_INFINITY, Math.max(op.notBefore, this.#pausedUntil));
      }
    }
    if (next === null && this.#waiting.size > 0) {
      next = this.#pausedUntil;
    }
    return next;
  }

  /** Since when the oldest op on the wire waits for its answer. */
  oldestOnTheWire(): number | null {
    let oldest: number | null = null;
    for (const op of this.#held.values()) {
      if (op.onTheWire) {
        oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, op.sentAt);
      }
    }
    return oldest;
  }

  /** The elements that the op was about. */
  acknowledged(id: string): string[] {
    const op = this.#held.get(id);
    if (op !== undefined && !op.isOvertaken) {
      for (const element of op.elements) {
        this.#strokes.standsAt(element);
      }
    }
    this.#held.delete(id);
    return op?.elements.map((element) => element.id) ?? [];
  }

  /** In the log, but no answer in time: again as it is, later. */
  unknown(id: string, retryAfterSeconds: number, now: number): void {
    const op = this.#held.get(id);
    if (op !== undefined) {
      op.onTheWire = false;
      op.notBefore = now + retryAfterSeconds * 1000;
    }
  }

  /** The connection is gone, and with it every answer that was under way. */
  disconnected(): void {
    this.#pausedUntil = 0;
    this.left();
    for (const op of this.#held.values()) {
      op.onTheWire = false;
      op.notBefore = 0;
      // Whether its base stands is not known any more. The whole element comes to the same, appended or not.
      op.append = null;
    }
  }

  /** Events are missed from now on: what the server holds is not known. */
  left(): void {
    this.#strokes.forgetAll();
  }

  /** Decides what a refusal means; returns the edits that are lost by it. The others of the op go on. */
  rejected(
    id: string,
    reject: {
      readonly code: Code;
      readonly detail: string;
      readonly errors: readonly Problem[];
      readonly retry_after?: number;
    },
    now: number,
  ): Refusal[] {
    const op = this.#held.get(id);
    if (op === undefined) {
      return [];
    }
    const passing = PASSING.has(reject.code) || (reject.code === "internal" && op.attempts < INTERNAL_ATTEMPTS);
    if (passing) {
      const seconds = reject.retry_after ?? Math.min(RETRY_SECONDS_MOST, RETRY_SECONDS * 2 ** (op.attempts - 1));
      op.onTheWire = false;
      op.notBefore = now + seconds * 1000;
      // The next op would meet the same answer: all wait.
      this.#pausedUntil = Math.max(this.#pausedUntil, op.notBefore);
      return [];
    }
    this.#held.delete(id);
    for (const element of op.elements) {
      this.overtaken(element.id);
    }
    if (op.append !== null && reject.code !== "forbidden" && reject.code !== "not_found") {
      // Not the stroke was refused but the way that it was sent.
      return this.put(op.elements);
    }
    if (reject.code !== "schema_invalid" && reject.code !== "too_large") {
      return op.elements.map((element) => ({ element, code: reject.code, message: reject.detail }));
    }
    return this.#sift(op, reject.code, reject.detail, reject.errors);
  }

  /** Gives up everything: the right to draw is gone. */
  abandon(code: Code, message: string): Refusal[] {
    const lost = this.elements().map((element) => ({ element, code, message }));
    this.#waiting.clear();
    this.#held.clear();
    return lost;
  }

  /** The elements that the errors name are lost; the rest is another op. Without a name in them: halves. */
  #sift(op: Held, code: Code, detail: string, errors: readonly Problem[]): Refusal[] {
    const named = faults(op, errors);
    if (named.size === 0) {
      const [only] = op.elements;
      if (op.elements.length === 1 && only !== undefined) {
        return [{ element: only, code, message: errors[0]?.message ?? detail }];
      }
      const middle = Math.ceil(op.elements.length / 2);
      this.#holdAgain(op.elements.slice(0, middle));
      this.#holdAgain(op.elements.slice(middle));
      return [];
    }
    this.#holdAgain(op.elements.filter((_, position) => !named.has(position)));
    return [...named].map(([position, message]) => ({
      element: op.elements[position] as BoardElement,
      code,
      message,
    }));
  }

  #holdAgain(elements: readonly BoardElement[]): void {
    if (elements.length > 0) {
      this.#hold({ elements: [...elements], bytes: jsonBytes(elements) });
    }
  }

  #hold(batch: Batch, append: Appended | null = null): Held {
    const op: Held = {
      id: this.#newId(),
      elements: batch.elements,
      append,
      isOvertaken: false,
      bytes: batch.bytes,
      onTheWire: false,
      sentAt: 0,
      notBefore: 0,
      attempts: 0,
    };
    this.#held.set(op.id, op);
    return op;
  }

  #sent(op: Held, now: number): void {
    op.onTheWire = true;
    op.sentAt = now;
    op.attempts += 1;
  }
}
