/** The API of a board's past: its life in numbers, its ops, its states, its versions. */

import type { BoardElement } from "../protocol/element.ts";
import type { Caller } from "./caller.ts";
import type { Board, Page } from "./models.ts";

/** A part of a board's life; `position` is that of the last op before its end, `null` before the first. */
export interface Bucket {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly actors: readonly string[];
  /** What those called themselves then who came through a link. */
  readonly guests?: Readonly<Record<string, string>>;
  readonly position: string | null;
}

export interface PastOp {
  readonly position: string;
  readonly id: string;
  readonly time: string;
  readonly actor: string;
  /** Of one who came through a link, as of then. */
  readonly guest_name?: string;
  readonly type: string;
  readonly data?: unknown;
}

export interface Version {
  readonly version_id: string;
  readonly name: string | null;
  readonly kind: "saved" | "automatic";
  readonly position: string;
  readonly created_at: string;
  readonly created_by: string | null;
  readonly author?: string | null;
  readonly elements: number;
  readonly bytes: number;
  readonly changes: number;
}

export interface Contributor {
  readonly user_id: string;
  readonly name: string;
}

export interface OpsQuery {
  readonly from?: string | null;
  readonly to?: string | null;
  readonly actor?: string;
  readonly newest?: boolean;
  readonly limit: number;
  readonly data?: boolean;
  readonly cursor?: string | null;
  readonly signal?: AbortSignal;
}

function path(boardId: string, rest: string): string {
  return `/api/boards/${encodeURIComponent(boardId)}${rest}`;
}

function version(boardId: string, versionId: string, rest = ""): string {
  return path(boardId, `/versions/${encodeURIComponent(versionId)}${rest}`);
}

export async function readHistory(caller: Caller, boardId: string, buckets: number): Promise<readonly Bucket[]> {
  const answer = await caller.request<{ readonly buckets: readonly Bucket[] }>({
    method: "GET",
    path: path(boardId, `/history?buckets=${buckets}`),
  });
  return answer.buckets;
}

export function readOps(caller: Caller, boardId: string, query: OpsQuery): Promise<Page<PastOp>> {
  const asked = new URLSearchParams({ limit: String(query.limit) });
  for (const name of ["from", "to", "actor", "cursor"] as const) {
    const value = query[name];
    if (value !== undefined && value !== null) {
      asked.set(name, value);
    }
  }
  if (query.newest === true) {
    asked.set("order", "newest");
  }
  if (query.data === false) {
    asked.set("data", "false");
  }
  return caller.request({
    method: "GET",
    path: path(boardId, `/ops?${asked}`),
    ...(query.signal === undefined ? {} : { signal: query.signal }),
  });
}

/** The board as it was at a position. */
export async function readState(
  caller: Caller,
  boardId: string,
  at: string,
  signal?: AbortSignal,
): Promise<readonly BoardElement[]> {
  const answer = await caller.request<{ readonly elements: readonly BoardElement[] }>({
    method: "GET",
    path: path(boardId, `/elements?${new URLSearchParams({ at })}`),
    ...(signal === undefined ? {} : { signal }),
  });
  return answer.elements;
}

export function listVersions(caller: Caller, boardId: string, cursor: string | null): Promise<Page<Version>> {
  const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  return caller.request({ method: "GET", path: path(boardId, `/versions?limit=30${query}`) });
}

/** As the board is now, or as it was at a position. */
export function saveVersion(
  caller: Caller,
  boardId: string,
  name: string | null,
  at: string | null = null,
): Promise<Version> {
  const body = { ...(name === null ? {} : { name }), ...(at === null ? {} : { at }) };
  return caller.request({ method: "POST", path: path(boardId, "/versions"), body });
}

export function renameVersion(caller: Caller, boardId: string, versionId: string, name: string): Promise<void> {
  return caller.perform({ method: "PATCH", path: version(boardId, versionId), body: { name } });
}

export function deleteVersion(caller: Caller, boardId: string, versionId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: version(boardId, versionId) });
}

export function restoreVersion(
  caller: Caller,
  boardId: string,
  versionId: string,
): Promise<{ readonly position: string }> {
  return caller.request({ method: "POST", path: version(boardId, versionId, "/restore"), body: {} });
}

export function branchBoard(caller: Caller, boardId: string, at: string, workspaceId: string | null): Promise<Board> {
  const body = { at, ...(workspaceId === null ? {} : { workspace_id: workspaceId }) };
  return caller.request({ method: "POST", path: path(boardId, "/branch"), body });
}

/** Who may be named; whoever may not know is told of nobody. */
export async function listContributors(caller: Caller, boardId: string): Promise<readonly Contributor[]> {
  return (await caller.request<Page<Contributor>>({ method: "GET", path: path(boardId, "/people") })).items;
}
