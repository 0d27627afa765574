/** The browser's storage, or one in memory where the browser keeps none for us: then a page is all that is remembered. */

import type { TextStore } from "../kept/journal.ts";

function inMemory(): TextStore {
  const entries = new Map<string, string>();
  return {
    get length() {
      return entries.size;
    },
    key: (position) => [...entries.keys()][position] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => {
      entries.set(key, value);
    },
    removeItem: (key) => {
      entries.delete(key);
    },
  };
}

function found(): TextStore | null {
  try {
    const probe = "doska.probe";
    window.localStorage.setItem(probe, "1");
    window.localStorage.removeItem(probe);
    return window.localStorage;
  } catch {
    return null;
  }
}

/** `null`: nothing that is written outlives the page. */
export const lasting: TextStore | null = found();

export const storage: TextStore = lasting ?? inMemory();
