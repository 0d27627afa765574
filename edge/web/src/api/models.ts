/** What the API answers, as far as pages use it. */

import type { Role } from "../protocol/frames.ts";

export interface User {
  readonly user_id: string;
  readonly email?: string;
  readonly name: string;
  readonly color: string;
  readonly locale: string;
  readonly guest: boolean;
  /** `initials`, a shape or an emoji; absent: the initials. */
  readonly avatar?: string;
  /** A name of the IANA database; absent: the browser's. */
  readonly time_zone?: string;
  /** What one consented to; absent: nothing. */
  readonly consents?: readonly "analytics"[];
}

export interface SignedIn {
  readonly user: User;
  readonly session_id: string;
  readonly access_token: string;
  readonly expires_in: number;
}

/** Something that happened in a workspace; names and addresses are there while the account is. */
export interface AuditEntry {
  readonly audit_id: string;
  readonly time: string;
  readonly actor: string | null;
  readonly actor_name: string | null;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly link_id: string | null;
  readonly client: string | null;
  readonly address: string | null;
}

/** The ways to sign in beside the password. */
export interface SignInWays {
  readonly providers: readonly { readonly name: string; readonly login: string }[];
  readonly registration: "open" | "invite" | "closed";
  /** A proxy before the server has signed this visitor in already. */
  readonly gatekeeper: boolean;
}

/** An account that wants its password before it is linked to a provider. */
export interface Unlinked {
  readonly email: string;
  readonly provider: string;
  readonly next: string;
}

export interface Board {
  readonly board_id: string;
  readonly title: string;
  readonly workspace_id: string;
  readonly role: Role;
  readonly created_at: string;
  readonly archived: boolean;
  /** Members of its workspace make boards from it. */
  readonly template?: boolean;
  readonly trashed_at?: string;
  /** The state of another board that it began with, for those who may see that one. */
  readonly branched_from?: { readonly board_id: string; readonly position: string };
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type LinkRole = "editor" | "commenter" | "viewer";

export interface Link {
  readonly link_id: string;
  readonly role: LinkRole;
  readonly has_password: boolean;
  readonly expires_at: string | null;
  readonly created_at: string;
  /** How many people came through it. */
  readonly uses?: number;
}

export interface NewLink extends Link {
  readonly token: string;
  readonly url: string;
}

export interface Grant {
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

/** A role on a board that waits for whoever has the address. */
export interface Invitation {
  readonly invite_id: string;
  readonly email: string;
  readonly role: Role;
  readonly pending: true;
  readonly expires_at: string;
}

export interface OpenedLink {
  readonly board_id: string;
  readonly role: Role;
  readonly access_token: string;
  readonly expires_in: number;
}

export interface LoginSession {
  readonly session_id: string;
  readonly client: string | null;
  readonly address: string | null;
  readonly created_at: string;
  readonly seen_at: string;
  readonly current: boolean;
}
