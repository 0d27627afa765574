/** Whether what one did is safe: saved, being saved, or kept until the connection is back. */

import { useEffect, useState } from "react";
import { Icon } from "../parts/icon.tsx";
import { useWords } from "../state/words.ts";
import type { BoardView } from "./board-view.ts";

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

export function Status({ phase, unsaved, role }: Pick<BoardView, "phase" | "unsaved" | "role">) {
  const t = useWords();
  const offline = useLasting(phase.name === "reconnecting");
  const viewer = role === "viewer" || role === "commenter";
  if (offline) {
    const kept = unsaved > 0;
    return (
      <span
        className="status is-offline"
        role="status"
        data-status="offline"
        title={kept ? t("board.status.kept.hint") : undefined}
      >
        <Icon name="cloudOff" size={18} />
        {kept ? (
          <span className="status-count" aria-hidden="true">
            {unsaved}
          </span>
        ) : null}
        <span className="status-text">{kept ? t("board.status.kept", { n: unsaved }) : t("board.status.offline")}</span>
      </span>
    );
  }
  if (phase.name === "loading") {
    return (
      <span className="status" role="status" data-status="connecting">
        <span className="spinner" aria-hidden="true" />
        <span className="status-text">{t("board.status.connecting")}</span>
      </span>
    );
  }
  if (phase.name === "ended" || viewer) {
    return <span className="status" role="status" data-status={viewer ? "viewing" : "ended"} />;
  }
  const saving = unsaved > 0;
  return (
    <span className={`status ${saving ? "is-saving" : ""}`} role="status" data-status={saving ? "saving" : "saved"}>
      <Icon name={saving ? "cloud" : "check"} size={18} />
      <span className="status-text">{t(saving ? "board.status.saving" : "board.status.saved")}</span>
    </span>
  );
}
