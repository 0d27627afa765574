/**
 * Elements that arrived live though they may be long deleted.
 *
 * A complete snapshot holds no tombstones. An edit that lost against a tombstone is delivered like any other, so a
 * client that knows no tombstone would show a ghost. What may be such a ghost is checked once against the server: what
 * a delta since just before it does not name has changed nothing there.
 *
 * One's own edit may be such a ghost too: it lost before it was sent, and its event went by in a delta, which names what
 * changed and nothing else. So what was acknowledged and does not appear is checked as well.
 *
 * Who is in the room for a while knows of all deletions before the snapshot; so only edits of others are in doubt. All
 * times but an element's own are the server's: this clock and the others' may be wrong, and this machine may have slept.
 */

import type { Clock } from "./clock.ts";
import { type BoardElement, type ElementKey, keyOf } from "./element.ts";
import type { RoomEvent } from "./frames.ts";
import { ReadRefused, type Source } from "./source.ts";

// Edits of a moment ago that were under way while the snapshot was made.
const AFTER_SNAPSHOT = 30_000;
// Whoever has just come sends what he did while he was away.
const AFTER_COMING = 10_000;
// An edit that left much later than it was made, or whose author's clock is wrong: of such a one nothing is known.
const LATE = 10_000;
const PAUSE = 3_000;
const REMEMBERED_CONNECTIONS = 512;

export class Doubtful {
  #source: Source;
  #clock: Clock;
  #standing: (id: string) => BoardElement | undefined;
  #isUnsaved: (id: string) => boolean;
  #onGhosts: (ids: readonly string[]) => void;
  #ids = new Set<string>();
  /** Those among them that are in doubt only while they have not appeared. */
  #unseen = new Set<string>();
  #since: string | null = null;
  #snapshotAt: number | null = null;
  /** When each connection was first heard of. */
  #cameAt = new Map<string, number>();
  #turn = 0;
  #cancel: (() => void) | null = null;

  constructor(
    source: Source,
    clock: Clock,
    standing: (id: string) => BoardElement | undefined,
    isUnsaved: (id: string) => boolean,
    onGhosts: (ids: readonly string[]) => void,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#standing = standing;
    this.#isUnsaved = isUnsaved;
    this.#onGhosts = onGhosts;
  }

  /** After a complete snapshot nothing is in doubt, and what comes next may be. Without its time the next event's counts. */
  snapshot(time: number | undefined): void {
    this.stop();
    this.#snapshotAt = time ?? null;
  }

  /** Every op, before its elements are noted. */
  heard({ connection, time }: Pick<RoomEvent, "connection" | "time">): void {
    this.#snapshotAt ??= Date.parse(time);
    if (connection !== null && !this.#cameAt.has(connection)) {
      this.#cameAt.set(connection, Date.parse(time));
      for (const first of [...this.#cameAt.keys()].slice(0, -REMEMBERED_CONNECTIONS)) {
        this.#cameAt.delete(first);
      }
    }
  }

  /** An element that was not there; `cursor` is the place before its event. */
  note(element: BoardElement, cursor: string | null, event: Pick<RoomEvent, "connection" | "time">): void {
    if (!element.isDeleted && cursor !== null && this.#mayBeDeleted(element, event)) {
      this.#unseen.delete(element.id);
      this.#doubt(cursor, [element.id]);
    }
  }

  /** Own edits that were acknowledged; `cursor` is where one stood then, before their events or past them. */
  acknowledged(ids: readonly string[], cursor: string | null): void {
    const unseen = ids.filter((id) => this.#standing(id) === undefined);
    if (cursor !== null && unseen.length > 0) {
      for (const id of unseen.filter((one) => !this.#ids.has(one))) {
        this.#unseen.add(id);
      }
      this.#doubt(cursor, unseen);
    }
  }

  stop(): void {
    this.#turn += 1;
    this.#ids.clear();
    this.#unseen.clear();
    this.#since = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  #mayBeDeleted({ updated }: BoardElement, event: Pick<RoomEvent, "connection" | "time">): boolean {
    const time = Date.parse(event.time);
    const cameAt = this.#cameAt.get(event.connection ?? "");
    return (
      time - (this.#snapshotAt ?? time) <= AFTER_SNAPSHOT ||
      (cameAt !== undefined && time - cameAt <= AFTER_COMING) ||
      (typeof updated === "number" && Math.abs(time - updated) > LATE)
    );
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
    const open = [...this.#ids].filter((id) => !(this.#unseen.has(id) && this.#standing(id) !== undefined));
    const asked = new Map(open.map((id) => [id, this.#stateOf(id)]));
    const turn = this.#turn;
    this.#since = null;
    this.#ids.clear();
    this.#unseen.clear();
    this.#cancel = null;
    if (since === null || asked.size === 0) {
      return;
    }
    this.#source.elements(since).then(
      (delta) => {
        if (turn === this.#turn) {
          const named = new Set(delta.elements.map((element) => element.id));
          const unnamed = [...asked.keys()].filter((id) => !named.has(id));
          // What changed while the answer was under way is not in it.
          const isOpen = (id: string): boolean => this.#isUnsaved(id) || this.#stateOf(id) !== asked.get(id);
          this.#doubtAgain(since, unnamed.filter(isOpen));
          this.#onGhosts(unnamed.filter((id) => !isOpen(id)));
        }
      },
      (error: unknown) => {
        if (turn === this.#turn && !(error instanceof ReadRefused && error.code === "schema_invalid")) {
          this.#doubtAgain(since, [...asked.keys()]);
        }
      },
    );
  }

  #stateOf(id: string): ElementKey | null {
    const standing = this.#standing(id);
    return standing === undefined ? null : keyOf(standing);
  }

  /** The older place counts: a delta since it names all that one since a newer place would. */
  #doubtAgain(since: string, ids: readonly string[]): void {
    if (ids.length > 0) {
      this.#since = since;
      this.#doubt(since, ids);
    }
  }
}
