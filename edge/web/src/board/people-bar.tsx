/** Who is here: faces to look for and to follow. */

import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import { useWords } from "../state/words.ts";
import type { PersonHere } from "./board-view.ts";

interface PeopleBarProps {
  readonly people: readonly PersonHere[];
  readonly following: string | null;
  readonly onFollow: (connection: string | null) => void;
}

const SHOWN = 4;

export function PeopleBar({ people, following, onFollow }: PeopleBarProps) {
  const t = useWords();
  const others = people.filter((person) => !person.isMe);
  const shown = others.slice(0, others.length > SHOWN ? SHOWN - 1 : SHOWN);
  const rest = others.slice(shown.length);
  const nameOf = (person: PersonHere): string => person.name || t("board.people.guest");
  const label = (person: PersonHere): string =>
    t(person.connection === following ? "board.people.unfollow" : "board.people.follow", { name: nameOf(person) });
  const facts = (person: PersonHere): string =>
    [
      ...(person.state === "active" ? [] : [t(`board.people.${person.state}`)]),
      ...(person.followsMe ? [t("board.people.followsYou")] : []),
    ].join(", ");
  const toggle = (person: PersonHere): void => onFollow(person.connection === following ? null : person.connection);
  return (
    <ul className="people" aria-label={t("board.people")}>
      {shown.map((person) => (
        <li key={person.userId}>
          <button
            type="button"
            className="person"
            data-person={nameOf(person)}
            data-state={person.state}
            aria-pressed={person.connection === following}
            aria-label={[label(person), facts(person)].filter(Boolean).join(", ")}
            title={[nameOf(person), facts(person)].filter(Boolean).join(", ")}
            style={{ "--person": person.color } as React.CSSProperties}
            onClick={() => toggle(person)}
          >
            <Avatar name={nameOf(person)} color={person.color} />
            {person.followsMe ? (
              <span className="person-eye">
                <Icon name="eye" size={14} />
              </span>
            ) : null}
          </button>
        </li>
      ))}
      {rest.length > 0 ? (
        <li>
          <Menu
            label={t("board.people.more", { n: rest.length })}
            triggerClass="person is-more"
            trigger={<span>+{rest.length}</span>}
            groups={[rest.map((person) => ({ text: label(person), run: () => toggle(person) }))]}
          />
        </li>
      ) : null}
    </ul>
  );
}
