/** The API of a workspace's audit. */

import type { Caller } from "./caller.ts";
import type { AuditEntry, Page } from "./models.ts";

export interface AuditQuery {
  readonly workspaceId: string;
  /** A user_id; empty for everybody. */
  readonly actor: string;
  readonly type: string;
  /** Days as `2026-05-04`, in the reader's own time; empty for no limit. */
  readonly from: string;
  readonly to: string;
}

export function readAudit(
  caller: Caller,
  asked: AuditQuery,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page<AuditEntry>> {
  const query = filters(asked);
  if (cursor !== null) {
    query.set("cursor", cursor);
  }
  return caller.request({ method: "GET", path: `${place(asked)}?${query}`, signal });
}

export function exportAudit(caller: Caller, asked: AuditQuery): Promise<Blob> {
  return caller.download({ method: "GET", path: `${place(asked)}/export?${filters(asked)}` });
}

/** A last day is meant with all its hours. */
export function filters({ actor, type, from, to }: AuditQuery): URLSearchParams {
  const query = new URLSearchParams();
  if (actor !== "") {
    query.set("actor", actor);
  }
  if (type !== "") {
    query.set("type", type);
  }
  if (from !== "") {
    query.set("from", new Date(`${from}T00:00:00`).toISOString());
  }
  if (to !== "") {
    const day = new Date(`${to}T00:00:00`);
    day.setDate(day.getDate() + 1);
    query.set("to", day.toISOString());
  }
  return query;
}

function place({ workspaceId }: AuditQuery): string {
  return `/api/workspaces/${encodeURIComponent(workspaceId)}/audit`;
}
