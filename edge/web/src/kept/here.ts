/** What is unconfirmed, kept in this browser. */

import { randomKey } from "../api/http.ts";
import { systemClock } from "../protocol/clock.ts";
import type { Keepsake } from "../protocol/keepsake.ts";
import { lasting } from "../state/storage.ts";
import { clearDatabase, Database, indexedBulk } from "./indexed-bulk.ts";
import { forgetJournals, Journal } from "./journal.ts";
import { KeptEdits } from "./kept-edits.ts";
import { lockedPages, nobodyKnows } from "./pages.ts";

const database = new Database(() => window.indexedDB);

/** For one visit to a board; `owner` keeps people who share a browser apart. */
export function keptHere(boardId: string, owner: string): Keepsake {
  const scope = `${boardId}.${owner}`;
  // `locks` exists only where the page came by https or from the own machine.
  const locks = (navigator as { locks?: LockManager }).locks;
  return new KeptEdits({
    page: randomKey(),
    journal: lasting === null ? null : new Journal(lasting, scope),
    bulk: indexedBulk(database, scope),
    pages: locks === undefined ? nobodyKnows : lockedPages(locks, scope),
    clock: systemClock,
  });
}

/** For a logout: nothing of anybody stays. */
export function forgetKept(): void {
  if (lasting !== null) {
    forgetJournals(lasting);
  }
  void clearDatabase(database).catch(() => undefined);
}
