/** A board as it was: the canvas of a moment, the line of its life below, versions and people beside it. */

import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { readState, type Version } from "../api/history.ts";
import type { Board, User } from "../api/models.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { attempt } from "../pages/board-actions.ts";
import { BoardEnded } from "../pages/board-ended.tsx";
import { openBoard, type Refused, refusal } from "../pages/open-board.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Guard } from "../parts/guard.tsx";
import { Notice } from "../parts/notice.tsx";
import { mayDraw } from "../protocol/board-state.ts";
import type { BoardElement } from "../protocol/element.ts";
import { go } from "../router.ts";
import { isDark, useApp } from "../state/app-store.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../state/words.ts";
import "../styles/history.css";
import { BoardPast, type Speed } from "./board-past.ts";
import { type Differences, differences } from "./differences.ts";
import { People, Recent } from "./doers.tsx";
import { useNames } from "./names.ts";
import { PastBar } from "./past-bar.tsx";
import { usePastPictures } from "./past-pictures.ts";
import { TimelineBar } from "./timeline-bar.tsx";
import { VersionList, versionTitle } from "./version-list.tsx";
import { useVersions } from "./versions.ts";

const Still = lazy(() => import("../editor/still.tsx"));

type Opened =
  | { readonly what: "opening" }
  | { readonly what: "open"; readonly board: Board; readonly past: BoardPast }
  | Refused;

interface HistoryPageProps {
  readonly boardId: string;
  readonly at: string;
  readonly user: User | null;
}

export default function HistoryPage({ boardId, at, user }: HistoryPageProps) {
  const t = useWords();
  const [opened, setOpened] = useState<Opened>({ what: "opening" });
  const [turn, setTurn] = useState(0);
  const userId = user?.user_id ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the moment changes without the board being opened anew
  useEffect(() => {
    let past: BoardPast | null = null;
    let isLeft = false;
    setOpened({ what: "opening" });
    openBoard(boardId, user).then(
      ({ board, caller }) => {
        if (isLeft) {
          return;
        }
        past = new BoardPast(caller, boardId);
        void past.open(at);
        setOpened({ what: "open", board, past });
      },
      (error: unknown) => isLeft || setOpened(refusal(error)),
    );
    return () => {
      isLeft = true;
      past?.stop();
    };
  }, [boardId, userId, turn]);

  switch (opened.what) {
    case "opening":
      return (
        <div className="board history">
          <div className="board-opening">
            <span className="spinner is-large" aria-hidden="true" />
            <p>{t("history.loading")}</p>
          </div>
        </div>
      );
    case "open":
      return <OpenPast board={opened.board} past={opened.past} user={user} at={at} />;
    case "refused":
      return <BoardEnded reason={opened.reason} user={user} boardId={boardId} />;
    case "unreachable":
      return (
        <Notice title={t("error.network")} text={t("error.unavailable")} drawing="broken">
          <Button look="main" onClick={() => setTurn((before) => before + 1)}>
            {t("common.retry")}
          </Button>
        </Notice>
      );
  }
}

interface OpenPastProps {
  readonly board: Board;
  readonly past: BoardPast;
  readonly user: User | null;
  readonly at: string;
}

function OpenPast({ board, past, user, at }: OpenPastProps) {
  const t = useWords();
  const locale = useApp((state) => state.locale);
  const dark = useApp(isDark);
  const elements = useStore(past.view, (view) => view.elements);
  const position = useStore(past.view, (view) => view.position);
  const busy = useStore(past.view, (view) => view.busy);
  const timeline = useStore(past.view, (view) => view.timeline);
  const versions = useVersions(past.caller, board.board_id);
  const nameOf = useNames(past.caller, board.board_id, user, versions.items ?? [], timeline);
  const pictures = usePastPictures(past.caller, board.board_id);
  const [speed, setSpeed] = useState<Speed>(10);
  const [panel, setPanel] = useState(false);
  const comparison = useComparison(past, elements);
  const mayKeep = mayDraw(board.role) && !board.archived;
  useAddressOf(past, board.board_id, at);
  useEffect(() => {
    document.title = `${t("history.title", { title: board.title })} · Doska`;
  }, [board.title, t]);
  const changeSpeed = (next: Speed): void => {
    setSpeed(next);
    if (past.view.get().playing !== null) {
      void past.play(next);
    }
  };

  return (
    <div className="board history" data-panel={panel || undefined}>
      <PastBar
        board={board}
        past={past}
        user={user}
        mayKeep={mayKeep}
        versions={versions.items ?? []}
        panel={panel}
        onPanel={() => setPanel(!panel)}
      />
      <div className="history-body">
        <main
          className="board-main"
          id="content"
          aria-label={t("history.title", { title: board.title })}
          aria-busy={busy}
          data-elements={elements.length}
          data-position={position ?? ""}
        >
          <Guard>
            <Suspense fallback={<span className="spinner is-large" aria-hidden="true" />}>
              <Still
                pictures={pictures}
                elements={elements}
                differences={comparison.found}
                locale={locale}
                dark={dark}
                name={board.title}
              />
            </Suspense>
          </Guard>
          <Said past={past} />
          <Legend comparison={comparison} />
        </main>
        <aside className="history-side" id="history-side" aria-label={t("history.panel")}>
          <VersionList
            caller={past.caller}
            boardId={board.board_id}
            versions={versions}
            pictures={pictures}
            mayKeep={mayKeep}
            position={position}
            compared={comparison.version}
            nameOf={nameOf}
            onShow={(version) => void past.goToPosition(version.position)}
            onCompare={(version) => void comparison.start(version)}
          />
          <People past={past} nameOf={nameOf} />
          <Recent past={past} nameOf={nameOf} />
        </aside>
      </div>
      <TimelineBar past={past} speed={speed} onSpeed={changeSpeed} />
    </div>
  );
}

/** The address names the moment, so that it can be kept and sent; another address is another moment. */
function useAddressOf(past: BoardPast, boardId: string, at: string): void {
  const position = useStore(past.view, (view) => view.position);
  const playing = useStore(past.view, (view) => view.playing !== null);
  const settled = useStore(past.view, (view) => !view.busy);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a moment that is reached changes the address
  useEffect(() => {
    if (position !== null && !playing && settled && position !== at) {
      go(`/b/${boardId}?${new URLSearchParams({ at: position })}`, { replace: true });
    }
  }, [position, playing, settled]);
  useEffect(() => {
    const back = (): void => {
      const wanted = new URLSearchParams(location.search).get("at");
      if (wanted !== null && wanted !== past.view.get().position) {
        void past.goToPosition(wanted);
      }
    };
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, [past]);
}

/** What there is to say about an empty canvas or a failure. */
function Said({ past }: { readonly past: BoardPast }) {
  const t = useWords();
  const fault = useStore(past.view, (view) => view.fault);
  const empty = useStore(past.view, (view) => !view.busy && view.position === null && view.playing === null);
  const never = useStore(past.view, (view) => view.timeline !== null && view.timeline.last === null);
  if (fault !== null) {
    return (
      <p className="history-said is-fault" role="alert">
        {faultWords(t, fault)}
      </p>
    );
  }
  return empty ? <p className="history-said">{t(never ? "history.never" : "history.empty")}</p> : null;
}

interface Comparison {
  readonly version: Version | null;
  readonly found: Differences | null;
  readonly start: (version: Version | null) => Promise<void>;
}

/** What differs between a version and the moment that is shown. */
function useComparison(past: BoardPast, elements: readonly BoardElement[]): Comparison {
  const [base, setBase] = useState<{ version: Version; elements: readonly BoardElement[] } | null>(null);
  const found = useMemo(() => (base === null ? null : differences(base.elements, elements)), [base, elements]);
  const start = async (version: Version | null): Promise<void> => {
    if (version === null) {
      setBase(null);
      return;
    }
    const state = await attempt(() => readState(past.caller, past.boardId, version.position));
    if (state !== null) {
      setBase({ version, elements: state });
    }
  };
  return { version: base?.version ?? null, found, start };
}

function Legend({ comparison }: { readonly comparison: Comparison }) {
  const t = useWords();
  const { version, found, start } = comparison;
  if (version === null || found === null) {
    return null;
  }
  return (
    <div className="legend" role="status">
      <p>{t("history.compare.with", { name: versionTitle(version, t) })}</p>
      <ul>
        {(["added", "changed", "removed"] as const).map((kind) => (
          <li key={kind} data-kind={kind} data-count={found[kind].length}>
            {t(`history.${kind}`, { n: found[kind].length })}
          </li>
        ))}
      </ul>
      <IconButton icon="close" label={t("history.compare.stop")} onClick={() => void start(null)} />
    </div>
  );
}
