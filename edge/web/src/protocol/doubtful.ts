/**
 * Elements that arrived live though they may be long deleted.
 *
 * A complete snapshot holds no tombstones. An edit that lost against a tombstone is delivered like any other, so a
 * client that knows no tombstone would show a ghost. What may be such a ghost is checked once against the server: what
 * a delta since just before it does not name has changed nothing there.
 */

import type { Clock } from "./clock.ts";
import type { BoardElement } from "./element.ts";
import { ReadRefused, type Source } from "./source.ts";

// Edits of a moment ago that were under way while the snapshot was made.
const AFTER_SNAPSHOT = 30_000;
// An edit that left much later than it was made: its author was away. Clocks may differ by less than this.
const LATE = 10_000;
const PAUSE = 3_000;

export class Doubtful {
  #source: Source;
  #clock: Clock;
  #isUnsaved: (id: string) => boolean;
  #onGhosts: (ids: readonly string[]) => void;
  #ids = new Set<string>();
  #since: string | null = null;
  #snapshotAt = Number.NEGATIVE_INFINITY;
  #turn = 0;
  #cancel: (() => void) | null = null;

  constructor(
    source: Source,
    clock: Clock,
    isUnsaved: (id: string) => boolean,
    onGhosts: (ids: readonly string[]) => void,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#isUnsaved = isUnsaved;
    this.#onGhosts = onGhosts;
  }

  /** After a complete snapshot nothing is in doubt, and what comes next may be. */
  snapshot(): void {
    this.stop();
    this.#snapshotAt = this.#clock.now();
  }

  /** An element that was not known; `cursor` is the place before its event, `eventTime` the server's clock. */
  note(element: BoardElement, cursor: string | null, eventTime: number): void {
    const late = typeof element.updated === "number" && eventTime - element.updated > LATE;
    const recent = this.#clock.now() - this.#snapshotAt <= AFTER_SNAPSHOT;
    if (!element.isDeleted && cursor !== null && (late || recent)) {
      this.#doubt(cursor, [element.id]);
    }
  }

  stop(): void {
    this.#turn += 1;
    this.#ids.clear();
    this.#since = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  #doubt(since: string, ids: readonly string[]): void {
    if (ids.length === 0) {
      return;
    }
    this.#since ??= since;
    for (const id of ids) {
      this.#ids.add(id);
    }
    this.#cancel ??= this.#clock.after(PAUSE, () => this.#settle());
  }

  #settle(): void {
    const since = this.#since;
    const ids = [...this.#ids];
    const turn = this.#turn;
    this.#since = null;
    this.#ids.clear();
    this.#cancel = null;
    if (since === null) {
      return;
    }
    this.#source.elements(since).then(
      (delta) => {
        if (turn === this.#turn) {
          const named = new Set(delta.elements.map((element) => element.id));
          const unnamed = ids.filter((id) => !named.has(id));
          this.#doubtAgain(since, unnamed.filter(this.#isUnsaved));
          this.#onGhosts(unnamed.filter((id) => !this.#isUnsaved(id)));
        }
      },
      (error: unknown) => {
        if (turn === this.#turn && !(error instanceof ReadRefused && error.code === "schema_invalid")) {
          this.#doubtAgain(since, ids);
        }
      },
    );
  }

  /** The older place counts: a delta since it names all that one since a newer place would. */
  #doubtAgain(since: string, ids: readonly string[]): void {
    if (ids.length > 0) {
      this.#since = since;
      this.#doubt(since, ids);
    }
  }
}
