/** The API of how active a workspace or a board was. */

import type { Caller } from "./caller.ts";

export type By = "hour" | "day";

export interface Numbers {
  readonly people: number;
  readonly ops: number;
  readonly sessions: number;
  readonly peak: number;
}

export interface ActivityWindow extends Numbers {
  readonly start: string;
}

export interface ActivePerson {
  readonly user_id: string;
  /** `null` for guests and for accounts that are gone. */
  readonly name: string | null;
  readonly ops: number;
  readonly sessions: number;
  readonly minutes: number;
}

export interface Activity {
  readonly by: By;
  readonly from: string;
  readonly to: string;
  /** Only windows in which somebody was active. */
  readonly items: readonly ActivityWindow[];
  readonly total: Numbers;
  readonly people: readonly ActivePerson[];
}

export interface ActivityQuery {
  readonly workspaceId: string;
  /** `null`: the whole workspace. */
  readonly boardId: string | null;
  readonly by: By;
  readonly days: number;
}

export function readActivity(caller: Caller, { workspaceId, boardId, by, days }: ActivityQuery): Promise<Activity> {
  const query = new URLSearchParams({ by, from: new Date(Date.now() - days * 86_400_000).toISOString() });
  if (boardId !== null) {
    query.set("board_id", boardId);
  }
  return caller.request({
    method: "GET",
    path: `/api/workspaces/${encodeURIComponent(workspaceId)}/activity?${query}`,
  });
}
