/** Whether a stroke has only grown since a state of it, and by which points: what may be sent as an append. */

import { type Appended, fitsStroke, type Stroke, takesAppends } from "./append.ts";
import type { BoardElement } from "./element.ts";
import { wins } from "./merge.ts";

// As the schema of an append bounds it; a stroke that grew by more is sent whole.
const POINTS_AT_ONCE = 1000;
const GROWING: ReadonlySet<string> = new Set([
  "version",
  "versionNonce",
  "updated",
  "width",
  "height",
  "points",
  "pressures",
]);

/** A stroke still under the pen: the editor notes its last point when the pen is lifted. */
export function isGrowing(element: BoardElement): element is Stroke {
  return takesAppends(element) && (element.lastCommittedPoint ?? null) === null;
}

/** The append that leads from one state to the other; `null` when something else changed as well, or it fits in none. */
export function growth(base: BoardElement, next: BoardElement): Appended | null {
  if (!isGrowing(base) || !isGrowing(next) || base.id !== next.id || !wins(next, base)) {
    return null;
  }
  const points = next.points.slice(base.points.length);
  const pressures = next.pressures.slice(base.pressures.length);
  if (points.length === 0 || points.length > POINTS_AT_ONCE || ![0, points.length].includes(pressures.length)) {
    return null;
  }
  if (!(fitsStroke(next.points.length, next.pressures.length) && isRest(base, next) && continues(base, next))) {
    return null;
  }
  return {
    element_id: next.id,
    base: { version: base.version, versionNonce: base.versionNonce },
    version: next.version,
    versionNonce: next.versionNonce,
    points: points.map(([x, y]) => [x, y]),
    ...(pressures.length > 0 ? { pressures } : {}),
    width: next.width as number,
    height: next.height as number,
    updated: next.updated as number,
  };
}

function continues(base: Stroke, next: Stroke): boolean {
  return (
    base.points.every(([x, y], n) => next.points[n]?.[0] === x && next.points[n]?.[1] === y) &&
    base.pressures.every((pressure, n) => next.pressures[n] === pressure)
  );
}

/** Whether all that does not grow is the same. */
function isRest(base: Stroke, next: Stroke): boolean {
  const names = new Set([...Object.keys(base), ...Object.keys(next)]);
  return [...names].every(
    (name) =>
      GROWING.has(name) ||
      Object.is(base[name], next[name]) ||
      JSON.stringify(base[name]) === JSON.stringify(next[name]),
  );
}
