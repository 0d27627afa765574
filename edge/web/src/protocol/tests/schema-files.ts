/** The schema files of the repository, which this client shares with the server. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Appended } from "../append.ts";
import type { BoardElement } from "../element.ts";

const SCHEMAS = resolve(import.meta.dirname, "../../../../../schemas");

function read(path: string): unknown {
  return JSON.parse(readFileSync(resolve(SCHEMAS, path), "utf8"));
}

export interface MergeVector {
  readonly why: string;
  readonly log: readonly (Pick<BoardElement, "id" | "version" | "versionNonce"> & { readonly tag: string })[];
  readonly state: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

export interface AppendVector {
  readonly why: string;
  readonly log: readonly { readonly draw?: readonly BoardElement[]; readonly append?: Appended }[];
  readonly state: Readonly<Record<string, Fields>>;
}

export interface SchemaFile {
  readonly $id: string;
  readonly examples: readonly BoardElement[];
  readonly "x-rejects": readonly { readonly why: string; readonly value: Record<string, unknown> }[];
}

export function mergeVectors(): readonly MergeVector[] {
  return (read("boards/merge_vectors.json") as { vectors: readonly MergeVector[] }).vectors;
}

export function appendVectors(): readonly AppendVector[] {
  const { vectors } = read("boards/append_vectors.json") as { vectors: readonly AppendVector[] };
  return vectors.map(({ why, log, state }) => ({
    why,
    log: log.map(({ draw, append }) => ({
      ...(draw === undefined ? {} : { draw: draw.map(expanded) }),
      ...(append === undefined ? {} : { append: expanded(append) }),
    })),
    state: Object.fromEntries(Object.entries(state).map(([id, fields]) => [id, expanded(fields)])),
  }));
}

/** A number in place of a list is that many of the same. */
function expanded<T extends object>(fields: T): T {
  const { points, pressures } = fields as Fields;
  return {
    ...fields,
    ...(typeof points === "number" ? { points: Array.from({ length: points }, () => [0, 0]) } : {}),
    ...(typeof pressures === "number" ? { pressures: Array.from({ length: pressures }, () => 0) } : {}),
  };
}

export function elementSchema(): SchemaFile {
  return read("boards/element.v1.json") as SchemaFile;
}

export function moveSchema(): SchemaFile {
  return read("presence/move.v1.json") as SchemaFile;
}
