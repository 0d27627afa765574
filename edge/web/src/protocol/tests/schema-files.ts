/** The schema files of the repository, which this client shares with the server. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
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

export interface SchemaFile {
  readonly $id: string;
  readonly examples: readonly BoardElement[];
  readonly "x-rejects": readonly { readonly why: string; readonly value: Record<string, unknown> }[];
}

export function mergeVectors(): readonly MergeVector[] {
  return (read("boards/merge_vectors.json") as { vectors: readonly MergeVector[] }).vectors;
}

export function elementSchema(): SchemaFile {
  return read("boards/element.v1.json") as SchemaFile;
}

export function moveSchema(): SchemaFile {
  return read("presence/move.v1.json") as SchemaFile;
}
