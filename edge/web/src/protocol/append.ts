/**
 * Points appended to a stroke: the rule that the server's stores share, tested against the same vectors.
 *
 * Unlike a whole element an append depends on its place in the log. So events that a snapshot contains already must be
 * passed over by their offset: applied to what came after them they might take effect.
 */

import type { AppendPoints } from "../models.gen.ts";
import type { BoardElement } from "./element.ts";
import { wins } from "./merge.ts";

export const APPEND = "boards.append_points";

/** An append without its board, as rooms see it. */
export type Appended = Omit<AppendPoints, "board_id">;

// The most bytes that a point and a pressure take as JSON; see schemas/boards/append.py.
const POINT_BYTES = 52;
const PRESSURE_BYTES = 25;
const STROKE_BYTES = 240_000;

/** Whether that many points may stand in a stroke that takes appends. */
export function fitsStroke(points: number, pressures: number): boolean {
  return POINT_BYTES * points + PRESSURE_BYTES * pressures <= STROKE_BYTES;
}

/** The element after an append; `null` when the append changes nothing. */
export function appended(op: Appended, held: BoardElement | undefined): BoardElement | null {
  if (held === undefined || !takesAppends(held)) {
    return null;
  }
  if (held.version !== op.base.version || held.versionNonce !== op.base.versionNonce || !wins(op, held)) {
    return null;
  }
  const pressed = op.pressures ?? [];
  const points = [...held.points, ...op.points];
  const pressures = [...held.pressures, ...pressed];
  if ((pressed.length > 0 && pressed.length !== op.points.length) || !fitsStroke(points.length, pressures.length)) {
    return null;
  }
  return {
    ...held,
    version: op.version,
    versionNonce: op.versionNonce,
    updated: op.updated,
    width: op.width,
    height: op.height,
    points,
    pressures,
  };
}

type Points = readonly (readonly [number, number])[];

export interface Stroke extends BoardElement {
  readonly points: Points;
  readonly pressures: readonly number[];
}

/** A stroke that stands and has no fields without a bound of their own. */
export function takesAppends(element: BoardElement): element is Stroke {
  const { type, isDeleted, customData, boundElements, points, pressures } = element;
  const bound = Array.isArray(boundElements) && boundElements.length > 0;
  return (
    type === "freedraw" &&
    !isDeleted &&
    customData === undefined &&
    !bound &&
    Array.isArray(points) &&
    Array.isArray(pressures)
  );
}
