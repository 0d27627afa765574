/** The frames of the protocol's section 2, as types. */

import type { AppendPoints, Move as ShownMove } from "../models.gen.ts";
import type { APPEND } from "./append.ts";
import type { BoardElement } from "./element.ts";

export type Role = "owner" | "editor" | "commenter" | "viewer";

export type Code =
  | "malformed"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "gone"
  | "too_large"
  | "unsupported_media_type"
  | "schema_invalid"
  | "rate_limited"
  | "internal"
  | "unavailable"
  | "outcome_unknown";

export interface Problem {
  /** A JSON Pointer. */
  readonly path: string;
  readonly message: string;
}

export interface Limits {
  readonly frame_bytes: number | null;
  readonly element_bytes: number | null;
  readonly elements_per_op: number | null;
  readonly sends_per_second: number | null;
  readonly moves_per_second: number | null;
  readonly ping_seconds: number | null;
  readonly dead_seconds: number | null;
  readonly embed_hosts: readonly string[];
}

export interface Person {
  readonly user_id: string;
  readonly name: string;
  readonly color: string;
  readonly guest?: boolean;
}

export interface Member {
  readonly connection: string;
  readonly user_id: string;
  readonly name: string;
  readonly color: string;
}

/** What a connection shows of itself; every move is the whole of it. */
export type MoveData = ShownMove;

export interface Move {
  readonly connection: string;
  readonly user_id: string;
  readonly name?: string;
  readonly color?: string;
  readonly data: MoveData;
}

export interface RoomEvent {
  readonly seq: number;
  readonly type: string;
  readonly id: string;
  readonly client_id: string | null;
  readonly actor: string | null;
  readonly connection: string | null;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Where an append stands: which log, and how far in it. */
  readonly log?: string;
  readonly offset?: number;
}

export interface Fact {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type ServerFrame =
  | {
      readonly kind: "welcome";
      readonly protocol: number;
      readonly connection: string;
      readonly session_id: string | null;
      readonly user: Person;
      readonly expires_at: string;
      readonly limits: Limits;
      readonly features?: readonly string[];
    }
  | {
      readonly kind: "joined";
      readonly room: string;
      readonly epoch: string;
      readonly seq: number;
      readonly cursor: string;
      readonly role: Role;
      readonly members: readonly Member[];
    }
  | { readonly kind: "stale"; readonly room: string; readonly reason: "window" | "epoch" }
  | {
      readonly kind: "events";
      readonly room: string;
      readonly epoch: string;
      readonly cursor: string;
      readonly events: readonly RoomEvent[];
    }
  | { readonly kind: "reset"; readonly room: string }
  | { readonly kind: "ack"; readonly id: string; readonly position: string }
  | { readonly kind: "answer"; readonly id: string; readonly facts: readonly Fact[] }
  | {
      readonly kind: "reject";
      readonly id?: string;
      readonly room?: string;
      readonly code: Code;
      readonly detail: string;
      readonly errors: readonly Problem[];
      readonly retry_after?: number;
      readonly in?: "frame";
    }
  | { readonly kind: "unknown"; readonly id: string; readonly retry_after: number }
  | {
      readonly kind: "presence";
      readonly room: string;
      readonly moves: readonly Move[];
      readonly gone: readonly string[];
    }
  | { readonly kind: "role"; readonly room: string; readonly role: Role }
  | { readonly kind: "left"; readonly room: string; readonly reason: "left" | "revoked" | "deleted" }
  | { readonly kind: "pong" };

export type ClientFrame =
  | {
      readonly kind: "hello";
      readonly token: string;
      readonly client: string;
      readonly features: readonly string[];
    }
  | { readonly kind: "join"; readonly id?: string; readonly room: string; readonly since: string | null }
  | { readonly kind: "leave"; readonly room: string }
  | {
      readonly kind: "send";
      readonly id: string;
      readonly type: "boards.draw";
      readonly data: { readonly board_id: string; readonly elements: readonly BoardElement[] };
    }
  | { readonly kind: "send"; readonly id: string; readonly type: typeof APPEND; readonly data: AppendPoints }
  | { readonly kind: "move"; readonly room: string; readonly data: MoveData }
  | { readonly kind: "ping" };
