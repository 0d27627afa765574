/** Opens a board for whoever is here, or says why not. */

import { readBoard } from "../api/boards.ts";
import { Caller } from "../api/caller.ts";
import { GuestCredentials, guestOf } from "../api/guests.ts";
import { me } from "../api/here.ts";
import type { Board, User } from "../api/models.ts";
import { ApiProblem } from "../api/problem.ts";
import { NoAccess } from "../protocol/credentials.ts";

export type Refused =
  | { readonly what: "refused"; readonly reason: "not_found" | "gone" | "password" | "signed_out" }
  | { readonly what: "unreachable" };

/** An account first; where it has no role, the guest who came here by a link before. */
export async function openBoard(
  boardId: string,
  user: User | null,
): Promise<{ board: Board; caller: Caller; owner: string }> {
  const guest = guestOf(boardId);
  if (user !== null) {
    try {
      return { board: await readBoard(me, boardId), caller: me, owner: user.user_id };
    } catch (error) {
      if (guest === null || !(error instanceof ApiProblem && error.code === "not_found")) {
        throw error;
      }
    }
  }
  if (guest === null) {
    throw new NoAccess("signed_out");
  }
  const caller = new Caller(new GuestCredentials(guest));
  return { board: await readBoard(caller, boardId), caller, owner: "guest" };
}

export function refusal(error: unknown): Refused {
  if (error instanceof NoAccess) {
    return { what: "refused", reason: error.reason };
  }
  if (error instanceof ApiProblem && (error.code === "not_found" || error.code === "forbidden")) {
    return { what: "refused", reason: "not_found" };
  }
  if (error instanceof ApiProblem && (error.code === "gone" || error.code === "unauthenticated")) {
    return { what: "refused", reason: error.code === "gone" ? "gone" : "signed_out" };
  }
  return { what: "unreachable" };
}
