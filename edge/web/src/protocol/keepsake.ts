/** Unconfirmed edits outlive the page: a closed lid or a crashed tab loses nothing. */

import type { BoardElement } from "./element.ts";
import { fold } from "./merge.ts";

export interface Keepsake {
  load(): BoardElement[];
  /** Answers whether they are kept now. */
  save(elements: readonly BoardElement[]): boolean;
}

/** The part of the browser's localStorage that is used. */
export interface TextStore {
  readonly length: number;
  key(position: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export const nothingKept: Keepsake = { load: () => [], save: () => false };

const PREFIX = "doska.unsaved.";

/**
 * `owner` keeps people who share a browser apart, `tab` the tabs of one person. A tab takes over what other tabs left:
 * should one of them still live, its edits are sent twice, which the merge makes harmless.
 */
export function keepsakeIn(store: TextStore, boardId: string, owner: string, tab: string): Keepsake {
  const board = `${PREFIX}${boardId}.${owner}.`;
  const save = (elements: readonly BoardElement[]): boolean => {
    try {
      if (elements.length === 0) {
        store.removeItem(board + tab);
      } else {
        store.setItem(board + tab, JSON.stringify(elements));
      }
      return true;
    } catch {
      // Full or forbidden storage: the edits are in memory alone, and the person is told.
      return false;
    }
  };
  return {
    load: () => {
      const found: BoardElement[] = [];
      for (const key of keysOf(store, board)) {
        found.push(...parsed(store.getItem(key)));
        store.removeItem(key);
      }
      const elements = [...fold(found).values()];
      save(elements);
      return elements;
    },
    save,
  };
}

/** For a logout: nothing of anybody stays. */
export function forgetKeepsakes(store: TextStore): void {
  for (const key of keysOf(store, PREFIX)) {
    store.removeItem(key);
  }
}

function keysOf(store: TextStore, prefix: string): string[] {
  const keys: string[] = [];
  for (let position = 0; position < store.length; position += 1) {
    const key = store.key(position);
    if (key?.startsWith(prefix)) {
      keys.push(key);
    }
  }
  return keys;
}

function parsed(text: string | null): BoardElement[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? (kept as BoardElement[]) : [];
  } catch {
    return [];
  }
}
