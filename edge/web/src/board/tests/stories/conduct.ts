/** What a client owes the server: an op without an answer is sent again as it is, and never twice at a time. */

import { APPEND } from "../../../protocol/append.ts";
import type { ClientFrame } from "../../../protocol/frames.ts";

type Send = ClientFrame & { kind: "send" };

export class Conduct {
  readonly faults: string[] = [];
  /** By page and state of an element: under which id it was sent. */
  #ids = new Map<string, string>();
  #told = new Set<string>();
  /** By id, and by connection and id. */
  #sent = new Set<string>();
  /** Under way on a connection. */
  #open = new Set<string>();

  sent(connection: string, frame: Send): void {
    const open = `${connection} ${frame.id}`;
    if (this.#open.has(open)) {
      this.faults.push(`${frame.id} was sent twice on ${connection} without an answer between`);
    }
    this.#open.add(open);
    if (frame.type !== APPEND && frame.data.elements.length === 0) {
      this.faults.push(`${frame.id} draws nothing`);
    }
    const page = frame.id.slice(0, frame.id.lastIndexOf("-"));
    for (const state of statesOf(frame)) {
      const before = this.#ids.get(`${page} ${state}`);
      // One that lost meanwhile may come once more from the hand that still holds it; what was under way goes first, as it was.
      const wentFirst = before === undefined || this.#told.has(before) || this.#sent.has(`${connection} ${before}`);
      if (!wentFirst && !this.#sent.has(frame.id)) {
        this.faults.push(`${state} was sent as ${before}, and without an answer again as ${frame.id}`);
      }
      this.#ids.set(`${page} ${state}`, frame.id);
    }
    this.#sent.add(frame.id).add(open);
  }

  /** It was answered in a way that asks for it again. */
  released(connection: string, id: string): void {
    this.#open.delete(`${connection} ${id}`);
  }

  told(id: string): void {
    this.#told.add(id);
  }
}

function statesOf({ type, data }: Send): string[] {
  const states = type === APPEND ? [{ ...data, id: data.element_id }] : data.elements;
  return states.map(({ id, version, versionNonce }) => `${id} ${version}:${versionNonce}`);
}
