/** Requests about what is said on a board. */

import type { Caller } from "./caller.ts";
import type { Page } from "./models.ts";

/** Where a thread is pinned: beside an element for as long as there is one, else at the place. */
export interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly element_id?: string;
  readonly dx?: number;
  readonly dy?: number;
}

export interface Comment {
  readonly comment_id: string;
  /** `null`: the account is gone. */
  readonly author_id: string | null;
  readonly author_name: string | null;
  readonly text: string;
  readonly mention: readonly string[];
  readonly written_at: string;
  readonly edited_at: string | null;
}

export interface Thread {
  readonly thread_id: string;
  readonly anchor: Anchor;
  readonly started_at: string;
  readonly resolved: boolean;
  readonly resolved_by: string | null;
  readonly comments: readonly Comment[];
}

export interface Mentionable {
  readonly user_id: string;
  readonly name: string;
}

export interface Words {
  readonly text: string;
  readonly mention: readonly string[];
}

const AT_ONCE = 200;

function path(boardId: string, ...rest: readonly string[]): string {
  return ["/api/boards", boardId, "comments", ...rest]
    .map((part, place) => (place === 0 ? part : encodeURIComponent(part)))
    .join("/");
}

/** All threads of a board, newest first. */
export async function listThreads(caller: Caller, boardId: string): Promise<readonly Thread[]> {
  const found: Thread[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(AT_ONCE), ...(cursor === null ? {} : { cursor }) });
    const page: Page<Thread> = await caller.request({ method: "GET", path: `${path(boardId)}?${query}` });
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

export async function listMentionable(caller: Caller, boardId: string): Promise<readonly Mentionable[]> {
  const path = `/api/boards/${encodeURIComponent(boardId)}/people`;
  return (await caller.request<Page<Mentionable>>({ method: "GET", path })).items;
}

export function startThread(caller: Caller, boardId: string, anchor: Anchor, words: Words): Promise<Thread> {
  return caller.request({ method: "POST", path: path(boardId), body: { anchor, ...words } });
}

export function reply(caller: Caller, boardId: string, threadId: string, words: Words): Promise<Thread> {
  return caller.request({ method: "POST", path: path(boardId, threadId, "replies"), body: words });
}

export function editComment(
  caller: Caller,
  boardId: string,
  threadId: string,
  commentId: string,
  words: Words,
): Promise<Thread> {
  return caller.request({ method: "PATCH", path: path(boardId, threadId, "replies", commentId), body: words });
}

export function deleteComment(caller: Caller, boardId: string, threadId: string, commentId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: path(boardId, threadId, "replies", commentId) });
}

export function resolveThread(caller: Caller, boardId: string, threadId: string, resolved: boolean): Promise<Thread> {
  return caller.request({
    method: "POST",
    path: path(boardId, threadId, resolved ? "resolve" : "reopen"),
    body: {},
  });
}

export function moveThread(caller: Caller, boardId: string, threadId: string, anchor: Anchor): Promise<Thread> {
  return caller.request({ method: "POST", path: path(boardId, threadId, "move"), body: { anchor } });
}
