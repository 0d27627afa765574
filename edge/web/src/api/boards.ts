/** The API of boards, their links and their people. */

import type { Role } from "../protocol/frames.ts";
import type { Caller } from "./caller.ts";
import type { Board, Grant, Invitation, Link, LinkRole, NewLink, Page } from "./models.ts";
import type { NewInvite } from "./workspaces.ts";

export type BoardsView = "active" | "archive" | "trash";

export interface BoardsQuery {
  readonly view: BoardsView;
  readonly text: string;
  /** `null`: of all workspaces. */
  readonly workspaceId: string | null;
  readonly cursor: string | null;
  readonly signal: AbortSignal;
}

export interface LinkWish {
  readonly role: LinkRole;
  readonly password: string | null;
  readonly expiresAt: string | null;
}

const PEOPLE_AT_ONCE = 200;

function board(boardId: string, rest = ""): string {
  return `/api/boards/${encodeURIComponent(boardId)}${rest}`;
}

function into(workspaceId: string | null): Record<string, string> {
  return workspaceId === null ? {} : { workspace_id: workspaceId };
}

export function listBoards(
  caller: Caller,
  { view, text, workspaceId, cursor, signal }: BoardsQuery,
): Promise<Page<Board>> {
  const query = new URLSearchParams(into(workspaceId));
  if (view === "archive") {
    query.set("archived", "true");
  } else if (view === "trash") {
    query.set("trashed", "true");
  }
  if (text !== "") {
    query.set("q", text);
  }
  if (cursor !== null) {
    query.set("cursor", cursor);
  }
  return caller.request({ method: "GET", path: `/api/boards?${query}`, signal });
}

export function readBoard(caller: Caller, boardId: string): Promise<Board> {
  return caller.request({ method: "GET", path: board(boardId) });
}

/** Without a workspace: in one's personal one. */
export function createBoard(caller: Caller, title: string, workspaceId: string | null): Promise<Board> {
  return caller.request({ method: "POST", path: "/api/boards", body: { title, ...into(workspaceId) } });
}

export function renameBoard(caller: Caller, boardId: string, title: string): Promise<void> {
  return caller.perform({ method: "PATCH", path: board(boardId), body: { title } });
}

export function archiveBoard(caller: Caller, boardId: string): Promise<void> {
  return caller.perform({ method: "POST", path: board(boardId, "/archive"), body: {} });
}

export function trashBoard(caller: Caller, boardId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: board(boardId) });
}

export function restoreBoard(caller: Caller, boardId: string): Promise<void> {
  return caller.perform({ method: "POST", path: board(boardId, "/restore"), body: {} });
}

export function duplicateBoard(caller: Caller, boardId: string, workspaceId: string | null): Promise<Board> {
  return caller.request({ method: "POST", path: board(boardId, "/duplicate"), body: into(workspaceId) });
}

export function importBoard(caller: Caller, file: File, workspaceId: string | null): Promise<Board> {
  return caller.request({ method: "POST", path: `/api/boards/import?${new URLSearchParams(into(workspaceId))}`, file });
}

export function exportBoard(caller: Caller, boardId: string): Promise<Blob> {
  return caller.download({ method: "GET", path: board(boardId, "/export") });
}

export async function listLinks(caller: Caller, boardId: string): Promise<readonly Link[]> {
  return (await caller.request<Page<Link>>({ method: "GET", path: board(boardId, `/links?limit=${PEOPLE_AT_ONCE}`) }))
    .items;
}

export function createLink(caller: Caller, boardId: string, { role, password, expiresAt }: LinkWish): Promise<NewLink> {
  const body = {
    role,
    ...(password === null ? {} : { password }),
    ...(expiresAt === null ? {} : { expires_at: expiresAt }),
  };
  return caller.request({ method: "POST", path: board(boardId, "/links"), body });
}

export function revokeLink(caller: Caller, boardId: string, linkId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: board(boardId, `/links/${encodeURIComponent(linkId)}`) });
}

export async function listGrants(caller: Caller, boardId: string): Promise<readonly (Grant | Invitation)[]> {
  const path = board(boardId, `/grants?limit=${PEOPLE_AT_ONCE}`);
  return (await caller.request<Page<Grant | Invitation>>({ method: "GET", path })).items;
}

/** To the account of that address; where there is none, an invite whose link is told only once. */
export function grantByEmail(caller: Caller, boardId: string, email: string, role: Role): Promise<Grant | NewInvite> {
  return caller.request({ method: "POST", path: board(boardId, "/grants"), body: { email, role } });
}

export function grantRole(caller: Caller, boardId: string, userId: string, role: Role): Promise<void> {
  return caller.perform({
    method: "PUT",
    path: board(boardId, `/grants/${encodeURIComponent(userId)}`),
    body: { role },
  });
}

/** A person's role, or the invite of somebody who has not come yet. */
export function revokeRole(caller: Caller, boardId: string, id: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: board(boardId, `/grants/${encodeURIComponent(id)}`) });
}

export interface Reason {
  readonly role: string;
  readonly via: "grant" | "workspace" | "link" | "template" | "membership";
  readonly expires_at: string | null;
}

export interface Explanation {
  readonly allowed: boolean;
  readonly role: string | null;
  readonly reasons: readonly Reason[];
}

/** Whether somebody may do something on a board, and every reason for their role. */
export function explainBoard(
  caller: Caller,
  boardId: string,
  userId: string,
  permission: string,
): Promise<Explanation> {
  const query = new URLSearchParams({ permission, resource: `board:${boardId}`, user_id: userId });
  return caller.request({ method: "GET", path: `/api/explain?${query}` });
}
