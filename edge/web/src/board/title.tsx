/** The board's title, renamed in place. */

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { TITLE_MOST } from "../pages/board-dialogs.tsx";
import { useWords } from "../state/words.ts";

interface TitleProps {
  readonly title: string;
  readonly editable: boolean;
  readonly onRename: (title: string) => void;
}

export function Title({ title, editable, onRename }: TitleProps) {
  const t = useWords();
  const [draft, setDraft] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const isEditing = draft !== null;
  useEffect(() => {
    if (isEditing) {
      input.current?.select();
    }
  }, [isEditing]);
  if (!editable) {
    return <h1 className="board-name">{title}</h1>;
  }
  const commit = (): void => {
    const wanted = draft?.trim() ?? "";
    setDraft(null);
    if (wanted !== "" && wanted !== title) {
      onRename(wanted);
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Enter") {
      commit();
    } else if (event.key === "Escape") {
      setDraft(null);
    }
  };
  if (draft === null) {
    return (
      <h1 className="board-name">
        <button type="button" onClick={() => setDraft(title)} title={t("board.title.edit")}>
          {title}
        </button>
      </h1>
    );
  }
  return (
    <span className="board-name is-editing" data-draft={draft}>
      <input
        ref={input}
        value={draft}
        maxLength={TITLE_MOST}
        aria-label={t("board.title")}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={onKey}
      />
    </span>
  );
}
