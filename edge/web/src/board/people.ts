/** Who is on the board, made of who is connected to it. */

import type { Present } from "../protocol/roster.ts";
import type { PersonHere } from "./board-view.ts";

const RANK = { active: 0, idle: 1, away: 2 } as const;

/** One entry per person, oneself first; of several tabs the liveliest counts. */
export function peopleOf(
  present: readonly Present[],
  connection: string | null,
  myUserId: string | null,
): PersonHere[] {
  const people = new Map<string, PersonHere>();
  for (const one of present) {
    const isMe = one.user_id === myUserId;
    const state = one.data.idle ?? "active";
    const known = people.get(one.user_id);
    const livelier = known === undefined || RANK[state] < RANK[known.state];
    people.set(one.user_id, {
      userId: one.user_id,
      name: one.name,
      color: one.color,
      connection: livelier ? one.connection : known.connection,
      state: livelier ? state : known.state,
      isMe,
      followsMe:
        !isMe && (((one.data.following ?? null) === connection && connection !== null) || known?.followsMe === true),
    });
  }
  return [...people.values()].sort(
    (a, b) => Number(b.isMe) - Number(a.isMe) || a.name.localeCompare(b.name) || (a.userId < b.userId ? -1 : 1),
  );
}

export function samePeople(a: readonly PersonHere[], b: readonly PersonHere[]): boolean {
  return (
    a.length === b.length &&
    a.every((person, position) => {
      const other = b[position] as PersonHere;
      return (Object.keys(person) as (keyof PersonHere)[]).every((name) => person[name] === other[name]);
    })
  );
}
