/** Which boards of a workspace: all there are and will be, or some of them. */

import { useCallback, useEffect, useId, useState } from "react";
import { readBoard } from "../api/boards.ts";
import { me } from "../api/here.ts";
import { Button } from "../parts/button.tsx";
import { Check } from "../parts/check.tsx";
import { useLoaded } from "../state/loaded.ts";
import { useWords } from "../state/words.ts";
import { type BoardsList, useBoardsList } from "./boards-list.ts";
import { rowsOf, switched } from "./chosen-boards.ts";
import { useRested } from "./rested.ts";

// Of one webhook; the server takes no more.
const MOST = 100;
// So many are found by looking.
const FEW = 8;

interface BoardPickerProps {
  readonly workspaceId: string;
  /** `null`: all of them. */
  readonly value: readonly string[] | null;
  readonly fault: string | null;
  readonly onValue: (value: readonly string[] | null) => void;
}

export function BoardPicker({ workspaceId, value, fault, onValue }: BoardPickerProps) {
  const t = useWords();
  return (
    <fieldset className={`events ${fault === null ? "" : "is-faulty"}`}>
      <legend className="field-label">{t("webhooks.boards")}</legend>
      <Check
        label={t("webhooks.boards.all")}
        checked={value === null}
        onChange={() => onValue(value === null ? [] : null)}
      />
      {value === null ? null : <SomeBoards workspaceId={workspaceId} value={value} onValue={onValue} />}
      <p className="field-note" role={fault === null ? undefined : "alert"}>
        {fault ?? (value === null ? "" : t("webhooks.boards.hint"))}
      </p>
    </fieldset>
  );
}

interface SomeBoardsProps {
  readonly workspaceId: string;
  readonly value: readonly string[];
  readonly onValue: (value: readonly string[]) => void;
}

function SomeBoards({ workspaceId, value, onValue }: SomeBoardsProps) {
  const t = useWords();
  const id = useId();
  const [text, setText] = useState("");
  const list = useBoardsList("active", useRested(text.trim()), workspaceId);
  const titles = useTitles(value, list);
  const isLong = text !== "" || list.hasMore || list.items.length > FEW;
  return (
    <div className="board-picker" aria-busy={list.status === "loading"}>
      {isLong ? (
        <div className="field">
          <label className="field-label" htmlFor={id}>
            {t("boards.search")}
          </label>
          <div className="field-box">
            <input
              id={id}
              type="search"
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                // Enter looks, and does not send the form around it.
                if (event.key === "Enter") {
                  event.preventDefault();
                }
              }}
            />
          </div>
        </div>
      ) : null}
      {rowsOf(list.items, value, titles ?? new Map()).map((row) => (
        <Check
          key={row.id}
          label={row.title ?? t(titles === null ? "app.loading" : "webhooks.boards.gone")}
          note={row.title ?? row.id}
          checked={row.chosen}
          disabled={!row.chosen && value.length >= MOST}
          onChange={() => onValue(switched(value, row.id))}
        />
      ))}
      {list.status === "ready" && list.items.length === 0 ? (
        <p className="card-text">{t(text === "" ? "webhooks.boards.empty" : "boards.search.none", { q: text })}</p>
      ) : null}
      {list.status === "failed" ? (
        <p className="card-text" role="alert">
          {t("share.loadFailed")} <Button onClick={list.reload}>{t("common.retry")}</Button>
        </p>
      ) : null}
      {list.hasMore ? (
        <Button busy={list.isLoadingMore} onClick={list.loadMore}>
          {t("boards.more")}
        </Button>
      ) : null}
    </div>
  );
}

/** The titles of boards: of those that were listed so far, and of those that were chosen before; `null`: not read yet. */
function useTitles(value: readonly string[], list: BoardsList): ReadonlyMap<string, string> | null {
  const [before] = useState(value);
  const [seen, setSeen] = useState<ReadonlyMap<string, string>>(new Map());
  const [others, setOthers] = useState<readonly string[] | null>(null);
  const { items, status } = list;
  useEffect(() => {
    setSeen((known) => new Map([...known, ...items.map(({ board_id, title }) => [board_id, title] as const)]));
    if (status === "ready") {
      setOthers((known) => known ?? before.filter((id) => items.every(({ board_id }) => board_id !== id)));
    }
  }, [items, status, before]);
  const read = useCallback(() => (others === null ? Promise.resolve(null) : readTitles(others)), [others]);
  const { value: found } = useLoaded(read);
  return found === null ? null : new Map([...found, ...seen]);
}

/** One that cannot be read is not there any more. */
async function readTitles(ids: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const found = await Promise.allSettled(ids.map((id) => readBoard(me, id)));
  return found.flatMap((one) => (one.status === "fulfilled" ? [[one.value.board_id, one.value.title] as const] : []));
}
