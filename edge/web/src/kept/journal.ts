/** The newest unconfirmed edits, written down before a call returns: a page that is killed in the next moment loses none. */

import type { BoardElement } from "../protocol/element.ts";
import type { Address } from "./bulk.ts";

/** The part of the browser's localStorage that is used. */
export interface TextStore {
  readonly length: number;
  key(position: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Entry {
  readonly edits: readonly BoardElement[];
  /** Confirmed or superseded, and perhaps not yet taken out of the bulk. */
  readonly gone: readonly Address[];
  /** Where pages that died may have put states that are not confirmed: they had a write under way. */
  readonly maybe: readonly Address[];
}

const PREFIX = "doska.unsaved.";
export const NOTHING: Entry = { edits: [], gone: [], maybe: [] };

/** One entry for each page that has one person's board open, or had. */
export class Journal {
  #store: TextStore;
  #prefix: string;
  /** A state of an element never changes: it is made a text once, however often it is written. */
  #texts = new Map<BoardElement, string>();

  /** `scope`: the board and the person; people who share a browser are kept apart. */
  constructor(store: TextStore, scope: string) {
    this.#store = store;
    this.#prefix = `${PREFIX}${scope}.`;
  }

  pages(): string[] {
    return keysOf(this.#store, this.#prefix).map((key) => key.slice(this.#prefix.length));
  }

  read(page: string): Entry {
    try {
      const entry = JSON.parse(this.#store.getItem(this.#prefix + page) ?? "null") as Partial<Entry> | null;
      return { ...NOTHING, ...entry };
    } catch {
      return NOTHING;
    }
  }

  /** What of the bulk is gone, whichever page says so. */
  gone(): Address[] {
    return this.pages().flatMap((page) => this.read(page).gone);
  }

  /** Its length in characters; `null`: storage is full or forbidden, and what was written before still stands. */
  write(page: string, { edits, gone, maybe }: Entry): number | null {
    this.#texts = new Map(edits.map((element) => [element, this.#texts.get(element) ?? JSON.stringify(element)]));
    if (edits.length + gone.length + maybe.length === 0) {
      this.remove(page);
      return 0;
    }
    const rest = JSON.stringify({ gone, maybe }).slice(1);
    const text = `{"edits":[${[...this.#texts.values()].join(",")}],${rest}`;
    try {
      this.#store.setItem(this.#prefix + page, text);
      return text.length;
    } catch {
      return null;
    }
  }

  remove(page: string): void {
    this.#store.removeItem(this.#prefix + page);
  }
}

/** For a logout: nothing of anybody stays. */
export function forgetJournals(store: TextStore): void {
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
