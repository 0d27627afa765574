/** The API of workspaces: their names, their people, and the invites to them. */

import type { Caller } from "./caller.ts";
import type { Board, Page } from "./models.ts";

export const WORKSPACE_ROLES = ["admin", "manager", "agent", "user"] as const;
export type WorkspaceRole = (typeof WORKSPACE_ROLES)[number];

export interface Workspace {
  readonly workspace_id: string;
  readonly name: string;
  readonly role: WorkspaceRole;
  /** One's own, which goes with the account. */
  readonly personal: boolean;
  readonly created_at: string;
}

export interface Member {
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
  readonly role: WorkspaceRole;
}

export interface Invite {
  readonly invite_id: string;
  readonly role: WorkspaceRole;
  /** Whose account alone may accept it. */
  readonly email?: string | null;
  readonly created_at: string;
  readonly expires_at: string;
}

/** The address is told only once. */
export interface NewInvite {
  readonly invite_id: string;
  readonly expires_at: string;
  readonly url: string;
}

const AT_ONCE = 200;

function workspace(workspaceId: string, rest = ""): string {
  return `/api/workspaces/${encodeURIComponent(workspaceId)}${rest}`;
}

/** All pages of a list, one after another. */
async function whole<T>(caller: Caller, path: string): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(AT_ONCE), ...(cursor === null ? {} : { cursor }) });
    const page: Page<T> = await caller.request({ method: "GET", path: `${path}?${query}` });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}

export function listWorkspaces(caller: Caller): Promise<readonly Workspace[]> {
  return whole(caller, "/api/workspaces");
}

export function createWorkspace(caller: Caller, name: string): Promise<Workspace> {
  return caller.request({ method: "POST", path: "/api/workspaces", body: { name } });
}

export function renameWorkspace(caller: Caller, workspaceId: string, name: string): Promise<Workspace> {
  return caller.request({ method: "PATCH", path: workspace(workspaceId), body: { name } });
}

export function listMembers(caller: Caller, workspaceId: string): Promise<readonly Member[]> {
  return whole(caller, workspace(workspaceId, "/members"));
}

export function changeMemberRole(
  caller: Caller,
  workspaceId: string,
  userId: string,
  role: WorkspaceRole,
): Promise<Member> {
  const path = workspace(workspaceId, `/members/${encodeURIComponent(userId)}`);
  return caller.request({ method: "PATCH", path, body: { role } });
}

/** Oneself: leaving. */
export function removeMember(caller: Caller, workspaceId: string, userId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: workspace(workspaceId, `/members/${encodeURIComponent(userId)}`) });
}

export function listInvites(caller: Caller, workspaceId: string): Promise<readonly Invite[]> {
  return whole(caller, workspace(workspaceId, "/invites"));
}

/** For whoever has the address, or, without one, for whoever has the link. */
export function createInvite(
  caller: Caller,
  workspaceId: string,
  role: WorkspaceRole,
  email: string | null,
): Promise<NewInvite> {
  const body = { role, ...(email === null ? {} : { email }) };
  return caller.request({ method: "POST", path: workspace(workspaceId, "/invites"), body });
}

export function revokeInvite(caller: Caller, workspaceId: string, inviteId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: workspace(workspaceId, `/invites/${encodeURIComponent(inviteId)}`) });
}

/** What one came into: a workspace, or a board. */
export function acceptInvite(caller: Caller, token: string): Promise<Workspace | Board> {
  return caller.request({ method: "POST", path: `/api/invites/${encodeURIComponent(token)}/accept`, body: {} });
}
