/** The board's elements over the API, as the live client reads them. */

import type { Caller } from "../api/caller.ts";
import { ApiProblem } from "../api/problem.ts";
import { NoAccess } from "../protocol/credentials.ts";
import { ReadRefused, type Snapshot, type Source } from "../protocol/source.ts";

export function apiSource(caller: Caller, boardId: string): Source {
  const path = `/api/boards/${encodeURIComponent(boardId)}/elements`;
  return {
    elements: async (since) => {
      const query = since === null ? "" : `?since=${encodeURIComponent(since)}`;
      try {
        const { body, time } = await caller.dated<Snapshot>({ method: "GET", path: path + query });
        return time === null ? body : { ...body, time };
      } catch (error) {
        if (error instanceof ApiProblem) {
          throw new ReadRefused(error.code, error.message);
        }
        if (error instanceof NoAccess) {
          throw new ReadRefused(error.reason === "gone" ? "gone" : "unauthenticated", error.message);
        }
        throw error;
      }
    },
  };
}
