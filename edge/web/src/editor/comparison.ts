/** Compares the canvas with what the server is known to hold: whatever slipped through is found here. */

import type { BoardElement } from "../protocol/element.ts";
import { wins } from "../protocol/merge.ts";
import { isSame } from "./element-rules.ts";

export interface Differences {
  /** To be shown: the server's state stands. */
  readonly missing: readonly BoardElement[];
  /** The server's states of elements of which the canvas holds a newer one: that is to be sent. */
  readonly outdated: readonly BoardElement[];
}

export function compare(
  shown: readonly BoardElement[],
  held: readonly BoardElement[],
  isUnsaved: (id: string) => boolean,
  readOnly: boolean,
): Differences {
  const local = new Map(shown.map((element) => [element.id, element]));
  const missing: BoardElement[] = [];
  const outdated: BoardElement[] = [];
  for (const element of held) {
    const own = local.get(element.id);
    if (isSame(element, own) || isUnsaved(element.id) || (own === undefined && element.isDeleted)) {
      continue;
    }
    if (own === undefined || readOnly || wins(element, own)) {
      missing.push(element);
    } else {
      outdated.push(element);
    }
  }
  return { missing, outdated };
}
