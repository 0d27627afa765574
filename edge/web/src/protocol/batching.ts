/** Cuts a list of elements into pieces that each fit into one op. */

import type { BoardElement } from "./element.ts";
import type { Limits } from "./frames.ts";

export interface OpLimits {
  /** Bytes of one frame after inflation, of which an op's record must leave some for its envelope. */
  readonly frameBytes: number;
  readonly elementBytes: number;
  readonly elementsPerOp: number;
}

export const DEFAULT_LIMITS: OpLimits = { frameBytes: 1024 * 1024, elementBytes: 256 * 1024, elementsPerOp: 1000 };

/** As told by `welcome`; a limit that is switched off (`null`) stays at its usual size here. */
export function opLimits(limits: Limits): OpLimits {
  return {
    frameBytes: limits.frame_bytes ?? DEFAULT_LIMITS.frameBytes,
    elementBytes: limits.element_bytes ?? DEFAULT_LIMITS.elementBytes,
    elementsPerOp: limits.elements_per_op ?? DEFAULT_LIMITS.elementsPerOp,
  };
}

// The shell of the frame and of the record in the log (ids, actor, time, headers), generously.
const SHELL_BYTES = 16 * 1024;

const encoder = new TextEncoder();

export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

export interface Batch {
  readonly elements: BoardElement[];
  readonly bytes: number;
}

/** In the order given; one gesture that fits stays whole. An element over its own limit is left to `isOversize`. */
export function batches(elements: Iterable<BoardElement>, limits: OpLimits): Batch[] {
  const room = Math.max(1, limits.frameBytes - SHELL_BYTES);
  const done: { elements: BoardElement[]; bytes: number }[] = [];
  let open: { elements: BoardElement[]; bytes: number } | null = null;
  for (const element of elements) {
    const bytes = jsonBytes(element) + 1;
    if (open === null || open.bytes + bytes > room || open.elements.length >= limits.elementsPerOp) {
      open = { elements: [], bytes: 0 };
      done.push(open);
    }
    open.elements.push(element);
    open.bytes += bytes;
  }
  return done;
}

/** Sending it would only cost the socket: the server closes on a frame over its limit. */
export function isOversize(element: BoardElement, limits: OpLimits): boolean {
  return jsonBytes(element) > limits.elementBytes;
}
