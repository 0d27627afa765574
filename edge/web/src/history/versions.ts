/** The list of a board's versions, page by page, and what can be done to one. */

import { useCallback, useEffect, useState } from "react";
import type { Caller } from "../api/caller.ts";
import { listVersions, type Version } from "../api/history.ts";
import { attempt } from "../pages/board-actions.ts";

export interface Versions {
  /** `null` until they came. */
  readonly items: readonly Version[] | null;
  readonly more: (() => void) | null;
  reload(): void;
}

export function useVersions(caller: Caller, boardId: string): Versions {
  const [state, setState] = useState<{ items: readonly Version[] | null; next: string | null }>({
    items: null,
    next: null,
  });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks for the same again
  useEffect(() => {
    let isLeft = false;
    void attempt(() => listVersions(caller, boardId, null)).then((page) => {
      if (!isLeft) {
        setState((before) => (page === null ? { ...before, items: before.items ?? [] } : page));
      }
    });
    return () => {
      isLeft = true;
    };
  }, [caller, boardId, turn]);
  const { items, next } = state;
  const more = useCallback(() => {
    void attempt(() => listVersions(caller, boardId, next)).then((page) => {
      if (page !== null) {
        setState((before) => ({ items: [...(before.items ?? []), ...page.items], next: page.next }));
      }
    });
  }, [caller, boardId, next]);
  return { items, more: next === null ? null : more, reload: useCallback(() => setTurn((before) => before + 1), []) };
}
