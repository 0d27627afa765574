/** Makes of the editor's elements what the element schema admits, without touching the editor's own objects. */

import type { BoardElement } from "./element.ts";
import { linkIsSafe } from "./link.ts";

const COMMON = [
  "id",
  "type",
  "x",
  "y",
  "width",
  "height",
  "angle",
  "strokeColor",
  "backgroundColor",
  "fillStyle",
  "strokeWidth",
  "strokeStyle",
  "roundness",
  "roughness",
  "opacity",
  "seed",
  "version",
  "versionNonce",
  "index",
  "isDeleted",
  "groupIds",
  "frameId",
  "boundElements",
  "updated",
  "link",
  "locked",
  "customData",
] as const;
const LINEAR = [
  "points",
  "lastCommittedPoint",
  "startBinding",
  "endBinding",
  "startArrowhead",
  "endArrowhead",
] as const;
const OWN: Readonly<Record<string, readonly string[]>> = {
  rectangle: [],
  ellipse: [],
  diamond: [],
  embeddable: [],
  frame: ["name"],
  line: [...LINEAR, "polygon"],
  arrow: [...LINEAR, "elbowed", "fixedSegments", "startIsSpecial", "endIsSpecial"],
  freedraw: ["points", "pressures", "simulatePressure", "lastCommittedPoint"],
  text: [
    "text",
    "originalText",
    "fontSize",
    "fontFamily",
    "textAlign",
    "verticalAlign",
    "containerId",
    "autoResize",
    "lineHeight",
  ],
  image: ["fileId", "status", "scale", "crop"],
};
const BINDING = ["elementId", "focus", "gap", "fixedPoint"] as const;
// Absent in elements of older editors, demanded by the schema.
const NULL_WHEN_ABSENT = new Set([
  "roundness",
  "frameId",
  "boundElements",
  "link",
  "name",
  "lastCommittedPoint",
  "startBinding",
  "endBinding",
  "startArrowhead",
  "endArrowhead",
  "containerId",
  "fileId",
  "crop",
]);
// A hundredth of a pixel: half the bytes of a stroke, and still smooth at the editor's largest zoom.
const STROKE_PRECISION = 100;
const PRESSURE_PRECISION = 1000;
const STROKE_POINTS = 10_000;

type Fields = Record<string, unknown>;

/** Whether boards have such a thing; `iframe` and `magicframe` run foreign markup and are refused by the server. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(OWN, type);
}

function pick(source: Fields, names: readonly string[]): Fields {
  const picked: Fields = {};
  for (const name of names) {
    const value = source[name];
    if (value !== undefined) {
      picked[name] = value;
    } else if (NULL_WHEN_ABSENT.has(name)) {
      picked[name] = null;
    }
  }
  return picked;
}

function rounded(value: number, precision: number): number {
  return Math.round(value * precision) / precision;
}

/** Every n-th entry and always the last, so that a stroke fits; both lists of a stroke are thinned alike. */
function thinned<T>(entries: readonly T[], limit: number): readonly T[] {
  if (entries.length <= limit) {
    return entries;
  }
  const step = Math.ceil(entries.length / (limit - 1));
  const kept = entries.filter((_, position) => position % step === 0);
  const last = entries[entries.length - 1] as T;
  return (entries.length - 1) % step === 0 ? kept : [...kept, last];
}

function projectStroke(fields: Fields): void {
  const points = fields.points as readonly (readonly [number, number])[];
  fields.points = thinned(points, STROKE_POINTS).map(([x, y]) => [
    rounded(x, STROKE_PRECISION),
    rounded(y, STROKE_PRECISION),
  ]);
  const pressures = (fields.pressures ?? []) as readonly number[];
  fields.pressures = thinned(pressures, STROKE_POINTS).map((pressure) => rounded(pressure, PRESSURE_PRECISION));
}

function projectBinding(value: unknown): unknown {
  return value ? pick(value as Fields, BINDING) : null;
}

/**
 * The element as the server takes it: only fields of its type, strokes rounded, a dangerous link blanked.
 * `null` when boards have no such type.
 */
export function project(element: BoardElement): BoardElement | null {
  const own = OWN[element.type];
  if (own === undefined) {
    return null;
  }
  const fields = pick(element, COMMON);
  Object.assign(fields, pick(element, own));
  if (fields.roundness) {
    fields.roundness = pick(fields.roundness as Fields, ["type", "value"]);
  }
  if (fields.boundElements) {
    fields.boundElements = (fields.boundElements as Fields[]).map((bound) => pick(bound, ["id", "type"]));
  }
  if (typeof fields.link === "string" && !linkIsSafe(fields.link)) {
    fields.link = null;
  }
  if (element.type === "freedraw") {
    projectStroke(fields);
  } else if (own.includes("points")) {
    fields.points = (fields.points as number[][]).map(([x, y]) => [x, y]);
    fields.startBinding = projectBinding(fields.startBinding);
    fields.endBinding = projectBinding(fields.endBinding);
  }
  if (element.type === "arrow") {
    fields.elbowed ??= false;
  }
  return fields as unknown as BoardElement;
}

/** Whether `project` would blank the element's link: the author must be told and shown the same. */
export function hasUnsafeLink(element: BoardElement): boolean {
  return typeof element.link === "string" && !linkIsSafe(element.link);
}
