/** The names of those who drew: as far as the reader may know them. */

import { useCallback, useMemo } from "react";
import type { Caller } from "../api/caller.ts";
import { listContributors, type Version } from "../api/history.ts";
import type { User } from "../api/models.ts";
import { isProblem } from "../api/problem.ts";
import { useLoaded } from "../state/loaded.ts";
import { useWords } from "../state/words.ts";
import type { Timeline } from "./timeline.ts";

export type NameOf = (userId: string | null) => string;

/** Nobody's name is asked for twice; a person without one is «somebody». */
export function useNames(
  caller: Caller,
  boardId: string,
  user: User | null,
  versions: readonly Version[],
  timeline: Timeline | null,
): NameOf {
  const t = useWords();
  const { value } = useLoaded(
    useCallback(
      () =>
        listContributors(caller, boardId).catch((error: unknown) => {
          if (isProblem(error, "forbidden")) {
            return [];
          }
          throw error;
        }),
      [caller, boardId],
    ),
  );
  return useMemo(() => {
    const names = new Map<string, string>(timeline?.guests);
    for (const { created_by, author } of versions) {
      if (created_by !== null && author) {
        names.set(created_by, author);
      }
    }
    for (const { user_id, name } of value ?? []) {
      names.set(user_id, name);
    }
    if (user !== null) {
      names.set(user.user_id, user.name);
    }
    return (userId) => (userId === null ? undefined : names.get(userId)) ?? t("history.somebody");
  }, [value, versions, timeline, user, t]);
}
