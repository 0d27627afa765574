/** Finds what the person changed on the canvas since it was last told. */

import { type BoardElement, keyOf } from "../protocol/element.ts";
import { isEmptyText } from "../protocol/incoming.ts";
import { hasUnsafeLink, project } from "../protocol/outgoing.ts";
import type { Known } from "./known.ts";
import type { Surface } from "./surface.ts";

export interface LocalChanges {
  /** To be sent, as the server takes them. */
  readonly edits: readonly BoardElement[];
  /** Of a type that no board has: to be taken off the canvas. */
  readonly foreign: readonly BoardElement[];
  /** With a link that no board takes: to be blanked on the canvas, which makes them an edit. */
  readonly unsafe: readonly BoardElement[];
  /** Showing a picture that is no file of the board yet: nobody hears of them before it is. */
  readonly waiting: readonly BoardElement[];
}

export type MustWait = (element: BoardElement) => boolean;

export class LocalChangeFinder {
  #surface: Surface;
  #known: Known;
  #now: () => number;
  #random: () => number;
  #mustWait: MustWait;
  /** Those that began on this canvas: the editor may drop such a one without a tombstone. */
  #begunHere = new Map<string, BoardElement>();
  #refused = new Map<string, string>();

  constructor(surface: Surface, known: Known, now: () => number, random: () => number, mustWait: MustWait) {
    this.#surface = surface;
    this.#known = known;
    this.#now = now;
    this.#random = random;
    this.#mustWait = mustWait;
  }

  find(): LocalChanges {
    const edits: BoardElement[] = [];
    const foreign: BoardElement[] = [];
    const unsafe: BoardElement[] = [];
    const waiting: BoardElement[] = [];
    const ids = new Set<string>();
    for (const element of this.#surface.elements()) {
      ids.add(element.id);
      // What loses against a state that is known is no news: a hand may still hold what others erased.
      if (!this.#known.isBeatenBy(element) || !this.#concernsOthers(element)) {
        continue;
      }
      if (this.#mustWait(element)) {
        waiting.push(element);
        continue;
      }
      const edit = project(element);
      if (edit === null) {
        foreign.push(element);
      } else if (hasUnsafeLink(element)) {
        unsafe.push(element);
      } else {
        if (!this.#known.has(element.id)) {
          this.#begunHere.set(element.id, element);
        }
        edits.push(edit);
      }
    }
    edits.push(...this.#vanished(ids));
    for (const edit of edits) {
      this.#known.set(edit);
    }
    return { edits, foreign, unsafe, waiting };
  }

  /** The server did not take this state: it is not sent again unless it changes. */
  refused(element: BoardElement): void {
    this.#refused.set(element.id, keyOf(element));
  }

  /** Taken off the canvas on purpose. */
  removed(id: string): void {
    this.#begunHere.delete(id);
  }

  #concernsOthers(element: BoardElement): boolean {
    if (isEmptyText(element) || this.#refused.get(element.id) === keyOf(element)) {
      return false;
    }
    return this.#known.has(element.id) || !(element.isDeleted || this.#surface.isTooSmall(element));
  }

  /** A shape that shrinks to nothing while it is drawn is dropped without a tombstone: others must get one. */
  #vanished(ids: ReadonlySet<string>): BoardElement[] {
    const tombstones: BoardElement[] = [];
    for (const [id, last] of this.#begunHere) {
      const source = ids.has(id) ? null : project(last);
      if (source === null) {
        continue;
      }
      this.#begunHere.delete(id);
      tombstones.push({
        ...source,
        isDeleted: true,
        version: Math.max(source.version, this.#known.version(id)) + 1,
        versionNonce: Math.floor(this.#random() * 2 ** 31),
        updated: this.#now(),
      });
    }
    return tombstones;
  }
}
