/** What the page of a board shows. */

import type { Phase } from "../protocol/board-state.ts";
import type { Role } from "../protocol/frames.ts";

/** A person on the board; several tabs of one person are one. */
export interface PersonHere {
  readonly userId: string;
  readonly name: string;
  readonly color: string;
  /** The connection that moved last: the one to follow. */
  readonly connection: string;
  readonly state: "active" | "idle" | "away";
  readonly isMe: boolean;
  readonly followsMe: boolean;
}

export interface BoardView {
  readonly boardId: string;
  readonly title: string;
  /** What one may do at this moment: on an archived board everybody is a viewer. */
  readonly role: Role;
  /** The role that one holds, archived or not. */
  readonly granted: Role;
  readonly archived: boolean;
  /** Where the board branched off. */
  readonly origin: { readonly boardId: string; readonly position: string } | null;
  readonly phase: Phase;
  readonly unsaved: number;
  /** Whether what is unsaved outlives the page. */
  readonly kept: boolean;
  readonly people: readonly PersonHere[];
  /** The connection whose viewport is followed. */
  readonly following: string | null;
  readonly embedHosts: readonly string[];
  /** Of what the canvas shows: how many elements, and a short digest to compare two screens by. */
  readonly elements: number;
  readonly digest: string;
}
