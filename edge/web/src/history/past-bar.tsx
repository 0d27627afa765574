/** The bar above a moment of the past: back to now, and what can be made of it. */

import { useState } from "react";
import { branchBoard, restoreVersion, saveVersion, type Version } from "../api/history.ts";
import type { Board, User } from "../api/models.ts";
import { attempt } from "../pages/board-actions.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Mark } from "../parts/logo.tsx";
import { Anchor, go } from "../router.ts";
import { copyText } from "../share/copy.ts";
import { useStore } from "../state/store.ts";
import { toast } from "../state/toasts.ts";
import { useInstants, useWords } from "../state/words.ts";
import type { BoardPast } from "./board-past.ts";
import { RestoreDialog } from "./restore-dialog.tsx";

interface PastBarProps {
  readonly board: Board;
  readonly past: BoardPast;
  readonly user: User | null;
  readonly mayKeep: boolean;
  readonly versions: readonly Version[];
  readonly onPanel: () => void;
  readonly panel: boolean;
}

export function PastBar({ board, past, user, mayKeep, versions, onPanel, panel }: PastBarProps) {
  const t = useWords();
  const moments = useInstants();
  const position = useStore(past.view, (view) => view.position);
  const timeMs = useStore(past.view, (view) => view.timeMs);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const when = moments(new Date(timeMs).toISOString());
  const home = `/b/${board.board_id}`;
  const origin = board.branched_from;

  const branch = async (): Promise<void> => {
    if (position === null) {
      return;
    }
    setBusy(true);
    const made = await attempt(() => branchBoard(past.caller, board.board_id, position, null));
    setBusy(false);
    if (made !== null) {
      toast(t("history.branched"));
      go(`/b/${made.board_id}`);
    }
  };
  const restore = async (): Promise<boolean> => {
    if (position === null) {
      return false;
    }
    const done = await attempt(async () => {
      // What is brought back is kept as a version, so that it can be found in the list.
      const version =
        versions.find((each) => each.position === position) ??
        (await saveVersion(past.caller, board.board_id, when, position));
      return restoreVersion(past.caller, board.board_id, version.version_id);
    });
    if (done !== null) {
      toast(t("history.restored", { when }));
      go(home);
    }
    return done !== null;
  };
  const copy = async (): Promise<void> => {
    if (position !== null && (await copyText(`${location.origin}${home}?${new URLSearchParams({ at: position })}`))) {
      toast(t("history.linkCopied"));
    }
  };

  return (
    <header className="bar past-bar">
      <Anchor href="/" className="bar-home" aria-label={t("app.home")} title={t("app.home")}>
        <Mark />
      </Anchor>
      <h1 className="board-name">{board.title}</h1>
      {origin === undefined ? null : (
        <Anchor className="past-origin" href={`/b/${origin.board_id}?${new URLSearchParams({ at: origin.position })}`}>
          {t("history.source")}
        </Anchor>
      )}
      <span className="bar-space" />
      <IconButton icon="link" label={t("history.copyLink")} disabled={position === null} onClick={() => void copy()} />
      {user === null ? null : (
        <Button
          icon="branch"
          className="past-branch"
          aria-label={t("history.branch")}
          title={t("history.branch")}
          busy={busy}
          disabled={position === null}
          onClick={() => void branch()}
        >
          {t("history.branch")}
        </Button>
      )}
      {mayKeep ? (
        <Button
          icon="restore"
          className="past-restore"
          aria-label={t("history.restore")}
          title={t("history.restore")}
          disabled={position === null}
          onClick={() => setAsking(true)}
        >
          {t("history.restore")}
        </Button>
      ) : null}
      <Button look="main" className="past-now" onClick={() => go(home)}>
        {t("history.now")}
      </Button>
      <IconButton
        icon="history"
        className="past-panel"
        label={t("history.panel")}
        aria-expanded={panel}
        aria-controls="history-side"
        onClick={onPanel}
      />
      {asking ? <RestoreDialog when={when} onClose={() => setAsking(false)} onRestore={restore} /> : null}
    </header>
  );
}
