/** A board: its bar above, its canvas below, and clear words where there is no board to show. */

import { lazy, Suspense, useEffect, useState } from "react";
import { useOpeningTold } from "../activity/use-opening.ts";
import { renameBoard, restoreBoard } from "../api/boards.ts";
import { me, restoreSession } from "../api/here.ts";
import type { Board, User } from "../api/models.ts";
import { Bar } from "../board/bar.tsx";
import { LiveBoard } from "../board/live-board.ts";
import { Button } from "../parts/button.tsx";
import { Guard } from "../parts/guard.tsx";
import { Notice } from "../parts/notice.tsx";
import { mayDraw } from "../protocol/board-state.ts";
import { go } from "../router.ts";
import { isDark, useApp } from "../state/app-store.ts";
import { useWords } from "../state/words.ts";
import { attempt } from "./board-actions.ts";
import { BoardEnded } from "./board-ended.tsx";
import { openBoard, type Refused, refusal } from "./open-board.ts";

const Editor = lazy(() => import("../editor/editor.tsx"));

type Opened =
  | { readonly what: "opening" }
  | { readonly what: "open"; readonly live: LiveBoard }
  | { readonly what: "trashed"; readonly board: Board }
  | Refused;

export function BoardPage({ boardId, user }: { readonly boardId: string; readonly user: User | null }) {
  const t = useWords();
  const [opened, setOpened] = useState<Opened>({ what: "opening" });
  const [turn, setTurn] = useState(0);
  const userId = user?.user_id ?? null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another person or another try opens the board anew
  useEffect(() => {
    let live: LiveBoard | null = null;
    let isLeft = false;
    setOpened({ what: "opening" });
    // The canvas is fetched while the board is looked up.
    void import("../editor/editor.tsx").catch(() => undefined);
    openBoard(boardId, user).then(
      ({ board, caller, owner }) => {
        if (isLeft) {
          return;
        }
        if (board.trashed_at !== undefined) {
          setOpened({ what: "trashed", board });
          return;
        }
        live = new LiveBoard(board, caller, owner);
        live.start();
        setOpened({ what: "open", live });
      },
      (error: unknown) => isLeft || setOpened(refusal(error)),
    );
    return () => {
      isLeft = true;
      live?.stop();
    };
  }, [boardId, userId, turn]);

  const again = (): void => setTurn((before) => before + 1);

  switch (opened.what) {
    case "opening":
      return <BoardOpening />;
    case "open":
      return <OpenBoard live={opened.live} user={user} />;
    case "trashed":
      return (
        <Notice title={t("gone.trashed.title")} text={t("gone.trashed.text")} drawing="door">
          <Button
            look="main"
            icon="restore"
            onClick={() =>
              void attempt(() => restoreBoard(me, boardId).then(() => true)).then((done) => done && again())
            }
          >
            {t("boards.restore")}
          </Button>
          <Button onClick={() => go("/")}>{t("common.back")}</Button>
        </Notice>
      );
    case "refused":
      return <BoardEnded reason={opened.reason} user={user} boardId={boardId} />;
    case "unreachable":
      return (
        <Notice title={t("error.network")} text={t("error.unavailable")} drawing="broken">
          <Button look="main" onClick={() => (user === null ? void restoreSession().then(again) : again())}>
            {t("common.retry")}
          </Button>
        </Notice>
      );
  }
}

function BoardOpening() {
  const t = useWords();
  return (
    <div className="board">
      <div className="bar is-empty" />
      <main className="board-opening" id="content" aria-busy="true">
        <span className="spinner is-large" aria-hidden="true" />
        <p>{t("board.loading")}</p>
      </main>
    </div>
  );
}

interface OpenBoardProps {
  readonly live: LiveBoard;
  readonly user: User | null;
}

function OpenBoard({ live, user }: OpenBoardProps) {
  const t = useWords();
  const board = useApp((state) => state.board);
  const locale = useApp((state) => state.locale);
  const dark = useApp(isDark);
  const title = board?.title ?? "";
  useOpeningTold(live.boardId, board?.boardId === live.boardId && board.phase.name === "live");
  useEffect(() => {
    document.title = `${title} · Doska`;
  }, [title]);
  if (board === null || board.boardId !== live.boardId) {
    return <BoardOpening />;
  }
  if (board.phase.name === "ended" && board.phase.reason !== "stopped") {
    return <BoardEnded reason={board.phase.reason} user={user} boardId={board.boardId} wasOpen />;
  }
  const rename = (wanted: string): void => {
    const before = board.title;
    live.renamed(wanted);
    void attempt(() => renameBoard(live.caller, live.boardId, wanted).then(() => true)).then((done) => {
      if (!done) {
        live.renamed(before);
      }
    });
  };
  return (
    <div className="board" data-phase={board.phase.name}>
      <Bar board={board} live={live} user={user} onRename={rename} />
      <main
        className="board-main"
        id="content"
        aria-label={board.title}
        data-elements={board.elements}
        data-digest={board.digest}
      >
        <p className="sr-only" aria-live="off">
          {t("board.elements", { n: board.elements })}
        </p>
        <Guard>
          <Suspense fallback={<CanvasLoading />}>
            <Editor
              live={live}
              title={board.title}
              locale={locale}
              dark={dark}
              readOnly={!mayDraw(board.role)}
              embedHosts={board.embedHosts}
              t={t}
            />
          </Suspense>
        </Guard>
      </main>
    </div>
  );
}

function CanvasLoading() {
  const t = useWords();
  return (
    <div className="board-opening">
      <span className="spinner is-large" aria-hidden="true" />
      <p>{t("board.loading")}</p>
    </div>
  );
}
