/** What a live board is made of, tells and shows: the seam between the client and a page. */

import type { Clock } from "./clock.ts";
import type { BoardElement } from "./element.ts";
import type { ClientFrame, Person, Role, RoomEvent } from "./frames.ts";
import type { Keepsake } from "./keepsake.ts";
import type { Refusal } from "./op.ts";
import type { Present } from "./roster.ts";
import type { Source } from "./source.ts";
import type { EndReason, TransportListener } from "./transport.ts";

export type BoardEnd = EndReason | "not_found" | "revoked" | "deleted";

export type Phase =
  | { readonly name: "loading" | "live" | "reconnecting" }
  | { readonly name: "ended"; readonly reason: BoardEnd };

export interface BoardState {
  readonly phase: Phase;
  /** Elements with edits that the server has not confirmed. */
  readonly unsaved: number;
  /** Whether they outlive the page, as far as they were written down: at most a second ago, or three where there is little room. */
  readonly kept: boolean;
  readonly role: Role;
  readonly connection: string | null;
  readonly me: Person | null;
  readonly embedHosts: readonly string[];
}

export interface BoardListener {
  onState(state: BoardState): void;
  /** The board as a whole: at first, and again when a delta was not to be had. Own unconfirmed edits are in it. */
  onSnapshot(elements: readonly BoardElement[]): void;
  /** What others (or oneself, echoed) changed. */
  onElements(elements: readonly BoardElement[]): void;
  /** Elements that the server turned out not to have. */
  onGhosts(ids: readonly string[]): void;
  /** Edits that will never be accepted: the board must show what stands at the server instead. */
  onRefused(refusals: readonly Refusal[]): void;
  onPresence(present: readonly Present[]): void;
  onFact(event: RoomEvent): void;
}

/** What the client needs of a connection; `Transport` is one. */
export interface Connection {
  readonly isOpen: boolean;
  start(): void;
  stop(): void;
  wake(): void;
  abandon(): void;
  send(frame: ClientFrame): boolean;
}

export interface BoardClientParts {
  readonly boardId: string;
  readonly role: Role;
  readonly source: Source;
  readonly keepsake: Keepsake;
  readonly clock: Clock;
  readonly listener: BoardListener;
  readonly connect: (listener: TransportListener) => Connection;
}

const DRAWING_ROLES: ReadonlySet<Role> = new Set(["owner", "editor"]);

export function mayComment(role: Role): boolean {
  return role !== "viewer";
}

export function mayDraw(role: Role): boolean {
  return DRAWING_ROLES.has(role);
}
