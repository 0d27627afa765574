/** Where one is signed in, and how to end that: one by one, or everywhere but here. */

import { useCallback, useRef, useState } from "react";
import { me } from "../api/here.ts";
import { closeOtherSessions, closeSession, listSessions } from "../api/me.ts";
import type { LoginSession } from "../api/models.ts";
import { Button } from "../parts/button.tsx";
import { useLoaded } from "../state/loaded.ts";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { attempt } from "./board-actions.ts";
import { clientName } from "./client-name.ts";

function readSessions(): Promise<readonly LoginSession[]> {
  return listSessions(me);
}

export function SessionsCard() {
  const t = useWords();
  const { value: sessions, fault, reload } = useLoaded(readSessions);
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const close = useCallback(
    async (work: () => Promise<void>, done: string): Promise<void> => {
      setBusy(true);
      if (await attempt(() => work().then(() => true))) {
        toast(done);
      }
      setBusy(false);
      reload();
      // The button that was pressed goes with its row.
      heading.current?.focus();
    },
    [reload],
  );
  const others = (sessions ?? []).filter((session) => !session.current);
  return (
    <section className="card" aria-labelledby="sessions-title">
      <h2 id="sessions-title" ref={heading} tabIndex={-1}>
        {t("settings.sessions")}
      </h2>
      {sessions === null && fault !== null ? (
        <div className="empty is-small" role="alert">
          <p>{t("share.loadFailed")}</p>
          <Button onClick={reload}>{t("common.retry")}</Button>
        </div>
      ) : (
        <ul className="rows" aria-busy={sessions === null}>
          {(sessions ?? []).map((session) => (
            <SessionRow
              key={session.session_id}
              session={session}
              busy={busy}
              onClose={() => void close(() => closeSession(me, session.session_id), t("settings.sessions.closed"))}
            />
          ))}
        </ul>
      )}
      {others.length === 0 ? null : (
        <div className="card-actions">
          <Button
            busy={busy}
            onClick={() => void close(() => closeOtherSessions(me), t("settings.sessions.closedOthers"))}
          >
            {t("settings.sessions.closeOthers", { n: others.length })}
          </Button>
        </div>
      )}
    </section>
  );
}

interface SessionRowProps {
  readonly session: LoginSession;
  readonly busy: boolean;
  readonly onClose: () => void;
}

function SessionRow({ session, busy, onClose }: SessionRowProps) {
  const t = useWords();
  const moments = useMoments();
  const client = clientName(session.client) ?? t("settings.sessions.unknown");
  const facts = [
    ...(session.current ? [] : [t("settings.sessions.seen", { date: moments(session.seen_at) })]),
    ...(session.address === null ? [] : [session.address]),
    t("settings.sessions.since", { date: moments(session.created_at) }),
  ];
  return (
    <li className="row">
      <span className="row-main">
        <strong>
          {client}
          {session.current ? <span className="chip">{t("settings.sessions.current")}</span> : null}
        </strong>
        <span className="row-note">{facts.join(" · ")}</span>
      </span>
      {session.current ? null : (
        <Button disabled={busy} aria-label={t("settings.sessions.close.label", { client })} onClick={onClose}>
          {t("settings.sessions.close")}
        </Button>
      )}
    </li>
  );
}
