/** The API of one's own account. */

import type { Caller } from "./caller.ts";
import type { LoginSession, Page, User } from "./models.ts";

export function updateMe(caller: Caller, change: Partial<Pick<User, "name" | "color" | "locale">>): Promise<User> {
  return caller.request({ method: "PATCH", path: "/api/me", body: change });
}

export function changePassword(caller: Caller, password: string, newPassword: string): Promise<void> {
  return caller.perform({ method: "POST", path: "/api/me/password", body: { password, new_password: newPassword } });
}

export function deleteMe(caller: Caller, password: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: "/api/me", body: { password } });
}

export async function listSessions(caller: Caller): Promise<readonly LoginSession[]> {
  return (await caller.request<Page<LoginSession>>({ method: "GET", path: "/api/me/sessions" })).items;
}

export function closeSession(caller: Caller, sessionId: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: `/api/me/sessions/${encodeURIComponent(sessionId)}` });
}
