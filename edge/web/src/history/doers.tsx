/** Who worked on the board, and what was done just before the moment that is shown. */

import { Avatar } from "../parts/avatar.tsx";
import { useStore } from "../state/store.ts";
import { toast } from "../state/toasts.ts";
import { useInstants, useWords } from "../state/words.ts";
import type { BoardPast } from "./board-past.ts";
import { gestures } from "./gestures.ts";
import type { NameOf } from "./names.ts";

interface DoersProps {
  readonly past: BoardPast;
  readonly nameOf: NameOf;
}

const SHOWN = 24;
const HUES = 360;
const GESTURES = 8;

/** People of the past have no colour of their own any more: one that is always the same for each. */
function colorOf(userId: string): string {
  let sum = 0;
  for (const character of userId) {
    sum = (sum * 31 + character.charCodeAt(0)) % HUES;
  }
  return `hsl(${sum} 45% 38%)`;
}

export function People({ past, nameOf }: DoersProps) {
  const t = useWords();
  const timeline = useStore(past.view, (view) => view.timeline);
  const actors = timeline?.actors ?? [];
  if (actors.length === 0) {
    return null;
  }
  const goTo = async (userId: string): Promise<void> => {
    if (!(await past.goToLastOf(userId))) {
      toast(t("history.people.noMore", { name: nameOf(userId) }));
    }
  };
  return (
    <section className="history-part" aria-labelledby="history-people">
      <h2 id="history-people">{t("history.people")}</h2>
      <ul className="doers">
        {actors.slice(0, SHOWN).map((userId) => (
          <li key={userId}>
            <button
              type="button"
              className="doer"
              aria-label={t("history.people.last", { name: nameOf(userId) })}
              title={t("history.people.last", { name: nameOf(userId) })}
              onClick={() => void goTo(userId)}
            >
              <Avatar name={nameOf(userId)} color={colorOf(userId)} size="small" />
              <span>{nameOf(userId)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Recent({ past, nameOf }: DoersProps) {
  const t = useWords();
  const moments = useInstants();
  const recent = useStore(past.view, (view) => view.recent);
  if (recent.length === 0) {
    return null;
  }
  return (
    <section className="history-part" aria-labelledby="history-recent">
      <h2 id="history-recent">{t("history.recent")}</h2>
      <ol className="recent">
        {gestures(recent, GESTURES).map((op) => {
          const [name, when] = [op.guest_name ?? nameOf(op.actor), moments(op.time)];
          return (
            <li key={op.id}>
              <button
                type="button"
                className="recent-op"
                aria-label={t("history.recent.go", { name, when })}
                onClick={() => void past.goToPosition(op.position)}
              >
                <Avatar name={name} color={colorOf(op.actor)} size="small" />
                <span>{name}</span>
                <time dateTime={op.time}>{when}</time>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
