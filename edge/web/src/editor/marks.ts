/** Frames around what differs, as elements of the canvas: they move and zoom with what they are around. */

import type { Differences } from "../history/differences.ts";
import type { BoardElement } from "../protocol/element.ts";

const AIR = 8;
const GHOST_OPACITY = 35;
/** Also the colours of the legend, in `history.css`. */
export const MARK_COLORS = { added: "#1d8a4f", changed: "#c77700", removed: "#c92a2a" } as const;

/** The frames, and removed elements as ghosts below theirs. */
export function marks({ added, changed, removed }: Differences): BoardElement[] {
  const ghosts = removed.map((element) => ({
    ...element,
    id: `ghost-${element.id}`,
    opacity: GHOST_OPACITY,
    boundElements: [],
    frameId: null,
    containerId: null,
    groupIds: [],
  }));
  return [
    ...ghosts,
    ...removed.map((element) => frame(element, "removed")),
    ...changed.map((element) => frame(element, "changed")),
    ...added.map((element) => frame(element, "added")),
  ];
}

function frame(element: BoardElement, kind: keyof typeof MARK_COLORS): BoardElement {
  const { x, y, width, height } = box(element);
  return {
    id: `mark-${element.id}`,
    type: "rectangle",
    x: x - AIR,
    y: y - AIR,
    width: width + 2 * AIR,
    height: height + 2 * AIR,
    angle: 0,
    strokeColor: MARK_COLORS[kind],
    backgroundColor: MARK_COLORS[kind],
    fillStyle: "solid",
    strokeWidth: 2,
    strokeStyle: kind === "removed" ? "dashed" : "solid",
    roughness: 0,
    opacity: GHOST_OPACITY,
    groupIds: [],
    frameId: null,
    index: element.index,
    roundness: { type: 3 },
    seed: 1,
    version: 1,
    versionNonce: 1,
    isDeleted: false,
    boundElements: [],
    updated: 1,
    link: null,
    locked: true,
  };
}

/** The box around an element as it is turned; a line begins somewhere and goes both ways from there. */
function box(element: BoardElement): { x: number; y: number; width: number; height: number } {
  const left = number(element.x);
  const top = number(element.y);
  const points = Array.isArray(element.points) ? (element.points as readonly (readonly [number, number])[]) : [];
  let [x, y, width, height] = [left, top, number(element.width), number(element.height)];
  if (points.length > 0) {
    const xs = points.map((point) => point[0]);
    const ys = points.map((point) => point[1]);
    x = left + xs.reduce((a, b) => Math.min(a, b));
    y = top + ys.reduce((a, b) => Math.min(a, b));
    width = left + xs.reduce((a, b) => Math.max(a, b)) - x;
    height = top + ys.reduce((a, b) => Math.max(a, b)) - y;
  }
  const angle = number(element.angle);
  const [sine, cosine] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))];
  const [turnedWidth, turnedHeight] = [width * cosine + height * sine, width * sine + height * cosine];
  return {
    x: x + (width - turnedWidth) / 2,
    y: y + (height - turnedHeight) / 2,
    width: turnedWidth,
    height: turnedHeight,
  };
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
