/** Whether what one did is safe: saved, being saved, or kept until the connection is back. */

import { useEffect, useState } from "react";
import { Icon } from "../parts/icon.tsx";
import { useWords } from "../state/words.ts";
import type { BoardView } from "./board-view.ts";
import { safetyOf } from "./safety.ts";

// A moment without the room is everyday life, and no news for anybody.
const PATIENCE = 1_000;

/** Whether it has been so for a while. */
function useLasting(so: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!so) {
      setLasting(false);
      return undefined;
    }
    const timer = setTimeout(() => setLasting(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [so]);
  return so && lasting;
}

export function Status({ phase, unsaved, kept, role }: Pick<BoardView, "phase" | "unsaved" | "kept" | "role">) {
  const t = useWords();
  const offline = useLasting(phase.name === "reconnecting");
  const safety = safetyOf({ phase, unsaved, role }, offline);
  if (safety === "offline") {
    const waits = unsaved > 0;
    const words = kept ? "board.status.kept" : "board.status.unkept";
    return (
      <span
        className={`status is-offline ${waits && !kept ? "is-unkept" : ""}`}
        role="status"
        data-status="offline"
        title={waits ? t(`${words}.hint`) : undefined}
      >
        <Icon name="cloudOff" size={18} />
        {waits ? (
          <span className="status-count" aria-hidden="true">
            {unsaved}
          </span>
        ) : null}
        <span className="status-text">{waits ? t(words, { n: unsaved }) : t("board.status.offline")}</span>
      </span>
    );
  }
  if (safety === "connecting") {
    return (
      <span className="status" role="status" data-status="connecting">
        <span className="spinner" aria-hidden="true" />
        <span className="status-text">{t("board.status.connecting")}</span>
      </span>
    );
  }
  if (safety === "viewing" || safety === "ended") {
    return <span className="status" role="status" data-status={safety} />;
  }
  const saving = safety === "saving";
  return (
    <span className={`status ${saving ? "is-saving" : ""}`} role="status" data-status={safety}>
      <Icon name={saving ? "cloud" : "check"} size={18} />
      <span className="status-text">{t(saving ? "board.status.saving" : "board.status.saved")}</span>
    </span>
  );
}
