/** What was added, changed and removed between two states of a board. */

import type { BoardElement } from "../protocol/element.ts";

export interface Differences {
  readonly added: readonly BoardElement[];
  /** As they are in the later state. */
  readonly changed: readonly BoardElement[];
  /** As they were. */
  readonly removed: readonly BoardElement[];
}

// They say how often an element was touched and when, not what it is.
const OF_THE_EDIT = new Set(["version", "versionNonce", "updated"]);

export function differences(before: readonly BoardElement[], after: readonly BoardElement[]): Differences {
  const old = new Map(before.filter((each) => !each.isDeleted).map((each) => [each.id, each]));
  const added: BoardElement[] = [];
  const changed: BoardElement[] = [];
  for (const element of after) {
    if (element.isDeleted) {
      continue;
    }
    const was = old.get(element.id);
    old.delete(element.id);
    if (was === undefined) {
      added.push(element);
    } else if (!isSame(was, element)) {
      changed.push(element);
    }
  }
  return { added, changed, removed: [...old.values()] };
}

/** Whether two states of an element look and act the same. */
export function isSame(one: BoardElement, other: BoardElement): boolean {
  return content(one) === content(other);
}

function content(element: BoardElement): string {
  return JSON.stringify(element, (key, value: unknown) => {
    if (OF_THE_EDIT.has(key)) {
      return undefined;
    }
    // The order of keys is the server's business.
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  });
}
