/** Boards chosen from a list that shows only some of them at a time. */

export interface BoardRow {
  readonly id: string;
  /** `null`: not known, or no board any more. */
  readonly title: string | null;
  readonly chosen: boolean;
}

interface Titled {
  readonly board_id: string;
  readonly title: string;
}

/** What is listed, in its order; before it what was chosen and is not in the list now, so that it can be let go. */
export function rowsOf(
  listed: readonly Titled[],
  chosen: readonly string[],
  titles: ReadonlyMap<string, string>,
): readonly BoardRow[] {
  const here = new Set(listed.map(({ board_id }) => board_id));
  return [
    ...chosen.filter((id) => !here.has(id)).map((id) => ({ id, title: titles.get(id) ?? null, chosen: true })),
    ...listed.map(({ board_id: id, title }) => ({ id, title, chosen: chosen.includes(id) })),
  ];
}

/** With a board, or without it. */
export function switched(chosen: readonly string[], id: string): readonly string[] {
  return chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
}
