/** Why somebody has access: every reason for a role, for the owners of a board. */

import { useCallback } from "react";
import { explainBoard } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import { faultWords } from "../i18n/fault-words.ts";
import type { Role } from "../protocol/frames.ts";
import { useLoaded } from "../state/loaded.ts";
import { useMoments, useWords } from "../state/words.ts";

const SEEING = "board.view";

interface WhyProps {
  readonly boardId: string;
  readonly caller: Caller;
  readonly userId: string;
  readonly name: string;
}

export function Why({ boardId, caller, userId, name }: WhyProps) {
  const t = useWords();
  const moments = useMoments();
  const { value, fault } = useLoaded(
    useCallback(() => explainBoard(caller, boardId, userId, SEEING), [caller, boardId, userId]),
  );
  if (fault !== null) {
    return <span role="alert">{faultWords(t, fault)}</span>;
  }
  return (
    <ul className="why" aria-live="polite" aria-busy={value === null}>
      {value?.reasons.length === 0 ? <li>{t("share.why.none", { name })}</li> : null}
      {(value?.reasons ?? []).map((reason) => (
        <li key={`${reason.via} ${reason.role} ${reason.expires_at}`}>
          {t(`share.why.${reason.via}`, { role: t(`role.${reason.role as Role}`) })}
          {reason.expires_at === null ? "" : ` · ${t("share.link.until", { date: moments(reason.expires_at) })}`}
        </li>
      ))}
    </ul>
  );
}
