/** The list of boards, page by page, and what is done to its entries. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type BoardsView, listBoards } from "../api/boards.ts";
import { me } from "../api/here.ts";
import type { Board } from "../api/models.ts";

export interface BoardsList {
  /** `null`: of all workspaces. */
  readonly workspaceId: string | null;
  readonly status: "loading" | "ready" | "failed";
  readonly items: readonly Board[];
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore(): void;
  reload(): void;
  change(boardId: string, change: Partial<Board>): void;
  remove(boardId: string): void;
}

interface Loaded {
  readonly status: BoardsList["status"];
  readonly items: readonly Board[];
  readonly next: string | null;
}

const NOTHING: Loaded = { status: "loading", items: [], next: null };

export function useBoardsList(view: BoardsView, text: string, workspaceId: string | null): BoardsList {
  const [loaded, setLoaded] = useState<Loaded>(NOTHING);
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [turn, setTurn] = useState(0);
  const asked = useRef<AbortController | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks for the same list again
  useEffect(() => {
    const abort = new AbortController();
    asked.current = abort;
    setLoaded((before) => ({ ...before, status: before.items.length > 0 ? before.status : "loading" }));
    listBoards(me, { view, text, workspaceId, cursor: null, signal: abort.signal }).then(
      (page) => abort.signal.aborted || setLoaded({ status: "ready", items: page.items, next: page.next }),
      () => abort.signal.aborted || setLoaded({ status: "failed", items: [], next: null }),
    );
    return () => abort.abort();
  }, [view, text, workspaceId, turn]);

  const { next } = loaded;
  const loadMore = useCallback(() => {
    const signal = asked.current?.signal;
    if (next === null || signal === undefined) {
      return;
    }
    setLoadingMore(true);
    listBoards(me, { view, text, workspaceId, cursor: next, signal })
      .then((page) => {
        if (!signal.aborted) {
          setLoaded((before) => ({ status: "ready", items: [...before.items, ...page.items], next: page.next }));
        }
      })
      .catch(() => undefined)
      .finally(() => setLoadingMore(false));
  }, [next, view, text, workspaceId]);

  return {
    workspaceId,
    status: loaded.status,
    items: loaded.items,
    hasMore: next !== null,
    isLoadingMore,
    loadMore,
    reload: useCallback(() => setTurn((before) => before + 1), []),
    change: useCallback(
      (boardId, change) =>
        setLoaded((before) => ({
          ...before,
          items: before.items.map((board) => (board.board_id === boardId ? { ...board, ...change } : board)),
        })),
      [],
    ),
    remove: useCallback(
      (boardId) =>
        setLoaded((before) => ({ ...before, items: before.items.filter((board) => board.board_id !== boardId) })),
      [],
    ),
  };
}
