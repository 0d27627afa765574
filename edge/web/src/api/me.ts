/** The API of one's own account. */

import type { Caller } from "./caller.ts";
import type { LoginSession, Page, User } from "./models.ts";

export function updateMe(
  caller: Caller,
  change: Partial<Pick<User, "name" | "color" | "locale" | "avatar" | "time_zone">>,
): Promise<User> {
  return caller.request({ method: "PATCH", path: "/api/me", body: change });
}

/** Whether one's name and address may leave for a purpose. */
export function setConsent(caller: Caller, purpose: "analytics", given: boolean): Promise<User> {
  return caller.request({ method: given ? "PUT" : "DELETE", path: `/api/me/consents/${purpose}`, body: {} });
}

export function readMe(caller: Caller): Promise<User> {
  return caller.request({ method: "GET", path: "/api/me" });
}

/** At once, or after a mailed link came back: reading oneself tells which. */
export function changeEmail(caller: Caller, email: string, password: string): Promise<void> {
  return caller.perform({ method: "POST", path: "/api/me/email", body: { email, password } });
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

/** All but the one that asks. */
export function closeOtherSessions(caller: Caller): Promise<void> {
  return caller.perform({ method: "DELETE", path: "/api/me/sessions" });
}
