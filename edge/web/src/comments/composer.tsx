/** Where a comment is written: Enter sends, `@` offers the people of the board. */

import { useEffect, useId, useRef, useState } from "react";
import type { Mentionable, Words } from "../api/comments.ts";
import { Button } from "../parts/button.tsx";
import { useStore } from "../state/store.ts";
import { useWords } from "../state/words.ts";
import type { Comments } from "./comments.ts";
import { type Asked, askedAt, completed, matching, mentionedIn } from "./mentions.ts";

const LONGEST = 4000;

interface ComposerProps {
  readonly comments: Comments;
  readonly label: string;
  readonly send: string;
  readonly text?: string;
  readonly mentioned?: readonly Mentionable[];
  readonly onSend: (words: Words) => Promise<boolean>;
}

export function Composer({ comments, label, send, text: before = "", mentioned = [], onSend }: ComposerProps) {
  const t = useWords();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const people = useStore(comments.store, (view) => view.people);
  const [text, setText] = useState(before);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const chosen = useRef<readonly Mentionable[]>(mentioned);
  const offered = asked === null ? [] : matching(people, asked.text);

  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    comments.findPeople();
  }, [comments]);

  const look = (): void => {
    const caret = field.current?.selectionStart ?? 0;
    setAsked(askedAt(field.current?.value ?? "", caret));
    setAt(0);
  };
  const choose = (person: Mentionable): void => {
    if (asked === null) {
      return;
    }
    const done = completed(text, asked, person.name);
    chosen.current = [...chosen.current, person];
    setText(done.text);
    setAsked(null);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(done.caret, done.caret);
    });
  };
  const submit = async (): Promise<void> => {
    const said = text.trim();
    if (said === "" || busy) {
      return;
    }
    setBusy(true);
    const sent = await onSend({ text: said, mention: mentionedIn(said, chosen.current) });
    setBusy(false);
    if (sent) {
      chosen.current = [];
      setText("");
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const person = offered[at];
    if (person !== undefined && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      choose(person);
    } else if (offered.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setAt((at + (event.key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length);
    } else if (offered.length > 0 && event.key === "Escape") {
      event.stopPropagation();
      setAsked(null);
    } else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void submit();
    }
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <textarea
        ref={field}
        value={text}
        rows={2}
        maxLength={LONGEST}
        aria-label={label}
        placeholder={label}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={offered.length > 0}
        aria-controls={id}
        aria-activedescendant={offered.length > 0 ? `${id}-${at}` : undefined}
        onChange={(event) => {
          setText(event.target.value);
          look();
        }}
        onClick={look}
        onKeyDown={onKeyDown}
      />
      <div
        className="composer-people"
        id={id}
        role="listbox"
        aria-label={t("comments.people")}
        hidden={offered.length === 0}
      >
        {offered.map((person, place) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen one
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
          <div
            key={person.user_id}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === at}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(person)}
          >
            {person.name}
          </div>
        ))}
      </div>
      <Button look="main" type="submit" busy={busy} disabled={text.trim() === ""}>
        {send}
      </Button>
    </form>
  );
}
