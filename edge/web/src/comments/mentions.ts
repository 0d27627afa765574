/** Mentions in the words of a comment: `@` and a name, chosen from the people of the board. */

import type { Mentionable } from "../api/comments.ts";

const SHOWN = 6;
const LONGEST = 40;

export interface Asked {
  /** Where the `@` stands. */
  readonly start: number;
  readonly text: string;
}

/** What is being written after an `@` before the caret. */
export function askedAt(text: string, caret: number): Asked | null {
  const start = text.lastIndexOf("@", caret - 1);
  const asked = text.slice(start + 1, caret);
  const isOwnWord = start === 0 || /[\s(]/.test(text.charAt(start - 1));
  return start === -1 || !isOwnWord || asked.length > LONGEST || /[\n@]/.test(asked) ? null : { start, text: asked };
}

/** The people whose name, or a word of it, begins like this. */
export function matching(people: readonly Mentionable[], text: string): readonly Mentionable[] {
  const wanted = text.toLocaleLowerCase();
  return people
    .filter(({ name }) => {
      const known = name.toLocaleLowerCase();
      return known.startsWith(wanted) || known.split(/\s+/).some((word) => word.startsWith(wanted));
    })
    .slice(0, SHOWN);
}

/** The text with the name in place of what was asked, and where the caret goes. */
export function completed(text: string, asked: Asked, name: string): { readonly text: string; readonly caret: number } {
  const head = `${text.slice(0, asked.start)}@${name} `;
  const tail = text.slice(asked.start + 1 + asked.text.length).replace(/^ /, "");
  return { text: head + tail, caret: head.length };
}

/** Those of the chosen people whose name still stands in the text. */
export function mentionedIn(text: string, chosen: readonly Mentionable[]): readonly string[] {
  return [...new Set(chosen.filter(({ name }) => text.includes(`@${name}`)).map(({ user_id }) => user_id))];
}

export interface Part {
  readonly text: string;
  readonly isMention: boolean;
}

/** The text cut where a mentioned person is named. */
export function partsOf(text: string, names: readonly string[]): readonly Part[] {
  let parts: Part[] = [{ text, isMention: false }];
  for (const name of [...names].sort((one, other) => other.length - one.length)) {
    parts = parts.flatMap((part) => (part.isMention ? [part] : cut(part.text, `@${name}`)));
  }
  return parts.filter((part) => part.text !== "");
}

function cut(text: string, mention: string): Part[] {
  return text.split(mention).flatMap((piece, place) =>
    place === 0
      ? [{ text: piece, isMention: false }]
      : [
          { text: mention, isMention: true },
          { text: piece, isMention: false },
        ],
  );
}
