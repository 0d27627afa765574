/**
 * Keeps the editor's scene and the live board in step, both ways, without losing anything on the way.
 *
 * The traps named here are those of the editor's package, each with a test of its name.
 */

import type { Clock } from "../protocol/clock.ts";
import { type BoardElement, byIndexThenId } from "../protocol/element.ts";
import { wins } from "../protocol/merge.ts";
import { Throttle } from "../protocol/throttle.ts";
import { compare } from "./comparison.ts";
import { drawable, isLongStroke, isSame, isShowable, newest, roughBytes } from "./element-rules.ts";
import { Known } from "./known.ts";
import { LocalChangeFinder, type MustWait } from "./local-changes.ts";
import type { Surface } from "./surface.ts";

/** The part of the live board that the scene talks to. */
export interface Board {
  draw(elements: readonly BoardElement[]): void;
  standing(id: string): BoardElement | undefined;
  held(): readonly BoardElement[];
  isUnsaved(id: string): boolean;
}

export interface SceneListener {
  /** Something was put onto the canvas that no board takes, and was taken off again. */
  onForeign(count: number): void;
  /** A link was blanked. */
  onUnsafeLink(): void;
  /** These show pictures that must be uploaded first. */
  onWaiting(elements: readonly BoardElement[]): void;
}

const SEND_INTERVAL = 66;
// What an op weighs beside its points is as much as forty of them: a stroke that has grown for a while is sent less often.
// About ten points make an op worth its weight, however slow the pen is; nobody waits longer than the most for them.
const STROKE_INTERVAL = 150;
const STROKE_INTERVAL_MOST = 600;
const STROKE_POINTS = 10;
const SEND_BYTES_PER_SECOND = 256 * 1024;
const SHOW_INTERVAL = 50;
const SHOW_INTERVAL_OF_LARGE = 100;
const LARGE_SCENE = 2_000;
const AUDIT_INTERVAL = 10_000;

export class Scene {
  #board: Board;
  #clock: Clock;
  #listener: SceneListener;
  #surface: Surface | null = null;
  #known = new Known();
  #finder: LocalChangeFinder | null = null;
  #sending: Throttle;
  #showing: Throttle;
  #cancelAudit: (() => void) | null = null;
  /** Remote elements on their way to the canvas. */
  #arrived: BoardElement[] = [];
  /** Remote elements that the editor passed over because it was editing its own. */
  #passedOver = new Map<string, BoardElement>();
  /** Taken off while the editor was yet to begin. */
  #goneBefore = new Set<string>();
  #ready = false;
  #readOnly: boolean;
  #mustWait: MustWait;
  #lastCost = 0;
  #pen = { at: 0, points: 0 };

  constructor(board: Board, clock: Clock, readOnly: boolean, listener: SceneListener, mustWait: MustWait) {
    this.#board = board;
    this.#clock = clock;
    this.#readOnly = readOnly;
    this.#listener = listener;
    this.#mustWait = mustWait;
    this.#sending = new Throttle(
      clock,
      () => Math.max(SEND_INTERVAL, this.#lastCost),
      () => this.#send(),
    );
    this.#showing = new Throttle(
      clock,
      () => ((this.#surface?.elements().length ?? 0) > LARGE_SCENE ? SHOW_INTERVAL_OF_LARGE : SHOW_INTERVAL),
      () => this.#show(),
    );
  }

  /** Whether the canvas shows the board: the editor has taken in what it started with. */
  get isReady(): boolean {
    return this.#ready;
  }

  set readOnly(readOnly: boolean) {
    this.#readOnly = readOnly;
  }

  /** What the editor starts with. Nothing may be shown before it has: it would be overwritten (trap 3). */
  initial(elements: readonly BoardElement[]): BoardElement[] {
    const wanted = elements.filter(isShowable).sort(byIndexThenId);
    for (const element of wanted) {
      this.#known.set(element);
    }
    return wanted.map((element) => ({ ...element }));
  }

  attach(surface: Surface): void {
    this.#surface = surface;
    this.#finder = new LocalChangeFinder(
      surface,
      this.#known,
      () => this.#clock.now(),
      () => this.#clock.random(),
      this.#mustWait,
    );
    this.#planAudit();
  }

  detach(): void {
    this.flush();
    this.#sending.stop();
    this.#showing.stop();
    this.#cancelAudit?.();
    this.#surface = null;
    this.#finder = null;
    this.#ready = false;
  }

  /** The editor says that something changed: elements, or only what is selected or seen. */
  changed(): void {
    const surface = this.#surface;
    if (surface === null || surface.isLoading()) {
      return;
    }
    if (!this.#ready) {
      this.#ready = true;
      this.#takeOff(this.#goneBefore);
      this.#goneBefore.clear();
      this.#showing.request();
    }
    if (this.#passedOver.size > 0 && !surface.isEditing()) {
      this.#arrived.push(...this.#passedOver.values());
      this.#passedOver.clear();
      this.#showing.request();
    }
    this.#sending.request();
  }

  /** Sends now: a gesture ended, or the page may be gone in a moment. */
  flush(): void {
    if (this.#ready) {
      this.#sending.flush();
    }
  }

  receive(elements: readonly BoardElement[]): void {
    this.#arrived.push(...elements);
    this.#showing.request();
  }

  /** The whole board anew: what the person has just drawn and nobody knows of stays. */
  replace(elements: readonly BoardElement[]): void {
    const surface = this.#surface;
    if (surface === null || !this.#ready) {
      this.#arrived = [...elements];
      return;
    }
    const wanted = new Set(elements.map((element) => element.id));
    const local = surface.elements().map((element) => element.id);
    this.drop(local.filter((id) => !wanted.has(id) && this.#known.has(id)));
    this.receive(elements);
  }

  /** The server will never take these: the canvas shows again what stands there. */
  revert(elements: readonly BoardElement[]): void {
    const back: BoardElement[] = [];
    const remove: string[] = [];
    for (const element of elements) {
      if (this.#board.isUnsaved(element.id)) {
        continue;
      }
      this.#finder?.refused(element);
      const standing = this.#board.standing(element.id);
      if (standing === undefined) {
        remove.push(element.id);
      } else {
        back.push(standing);
      }
    }
    this.#force(back);
    this.drop(remove);
  }

  /** A picture of the editor's became a file: the elements that show it are sent now. */
  pictured(name: string, fileId: string): void {
    const surface = this.#surface;
    surface?.show(
      surface
        .elements()
        .map((element) =>
          element.fileId === name && !element.isDeleted
            ? surface.edited(element, { fileId, status: "saved" })
            : element,
        ),
    );
    this.#sending.request();
  }

  /** It never will: what shows it is taken off the canvas. */
  unpictured(name: string): void {
    const elements = this.#surface?.elements() ?? [];
    this.drop(elements.filter((element) => element.fileId === name).map((element) => element.id));
  }

  #send(): void {
    const finder = this.#finder;
    if (finder === null || !this.#ready || this.#readOnly) {
      return;
    }
    const { edits, foreign, unsafe, waiting } = finder.find();
    if (waiting.length > 0) {
      this.#listener.onWaiting(waiting);
    }
    if (edits.length > 0) {
      const bytesTake = (roughBytes(edits) / SEND_BYTES_PER_SECOND) * 1000;
      this.#lastCost = edits.every(isLongStroke) ? Math.max(this.#gatherPoints(edits), bytesTake) : bytesTake;
      this.#board.draw(edits);
    }
    if (foreign.length > 0) {
      this.drop(foreign.map((element) => element.id));
      this.#listener.onForeign(foreign.length);
    }
    if (unsafe.length > 0) {
      this.#blankLinks(unsafe);
      this.#listener.onUnsafeLink();
    }
  }

  /** How long it takes until the pen has made enough points, by its pace since the last time. */
  #gatherPoints(strokes: readonly BoardElement[]): number {
    const before = this.#pen;
    const points = strokes.reduce((sum, stroke) => sum + (stroke.points as unknown[]).length, 0);
    this.#pen = { at: this.#clock.now(), points };
    const pace = (this.#pen.at - before.at) / Math.max(1, points - before.points);
    return Math.min(STROKE_INTERVAL_MOST, Math.max(STROKE_INTERVAL, STROKE_POINTS * pace));
  }

  #show(): void {
    const surface = this.#surface;
    if (surface === null || !this.#ready || this.#arrived.length === 0) {
      return;
    }
    const local = new Map(surface.elements().map((element) => [element.id, element]));
    const arrived = newest(this.#arrived.filter(isShowable));
    this.#arrived = [];
    if (this.#readOnly) {
      // A read-only page may have re-numbered elements by itself and can tell nobody: the server's always stand (trap 8).
      this.#force(arrived.filter((element) => !isSame(element, local.get(element.id))));
      return;
    }
    const remote: BoardElement[] = [];
    for (const element of arrived) {
      if (this.#known.isBeatenBy(element)) {
        // Before restoring and merging, which raise versions in place (trap 5).
        this.#known.set(element);
      }
      if (!isSame(element, local.get(element.id))) {
        remote.push(element);
      }
    }
    if (remote.length === 0) {
      return;
    }
    const merged = surface.reconcile(this.#restored(surface, remote));
    this.#notePassedOver(remote, merged);
    surface.show(merged);
  }

  /** In the board's order, or the editor re-numbers them (trap 2); nothing that it would drop is lost. */
  #restored(surface: Surface, elements: readonly BoardElement[]): BoardElement[] {
    const sorted = [...elements].sort(byIndexThenId);
    const restored = surface.restore(sorted);
    const kept = new Set(restored.map((element) => element.id));
    const dropped = sorted.filter((element) => !kept.has(element.id)).map(drawable);
    return [...restored, ...dropped].sort(byIndexThenId);
  }

  /** While a text is edited its remote deletion is passed over, and never tried again by the editor (trap 4). */
  #notePassedOver(remote: readonly BoardElement[], merged: readonly BoardElement[]): void {
    const shown = new Map(merged.map((element) => [element.id, element]));
    for (const element of remote) {
      const standing = shown.get(element.id);
      if (standing !== undefined && wins(element, standing)) {
        this.#passedOver.set(element.id, element);
      }
    }
  }

  /** Shows these states whatever the canvas has: no merge. */
  #force(elements: readonly BoardElement[]): void {
    const surface = this.#surface;
    if (surface === null || elements.length === 0) {
      return;
    }
    for (const element of elements) {
      this.#known.set(element);
    }
    const forced = new Map(this.#restored(surface, elements).map((element) => [element.id, element]));
    const rest = surface.elements().filter((element) => !forced.has(element.id));
    surface.show([...rest, ...forced.values()].sort(byIndexThenId));
  }

  /** Takes elements off the canvas without a tombstone: the server has none. */
  drop(ids: readonly string[]): void {
    const gone = new Set(ids);
    for (const id of gone) {
      this.#known.forget(id);
      this.#finder?.removed(id);
      this.#passedOver.delete(id);
    }
    this.#arrived = this.#arrived.filter((element) => !gone.has(element.id));
    if (this.#ready) {
      this.#takeOff(gone);
    } else {
      for (const id of gone) {
        this.#goneBefore.add(id);
      }
    }
  }

  #takeOff(ids: ReadonlySet<string>): void {
    const surface = this.#surface;
    if (surface !== null && ids.size > 0) {
      surface.show(surface.elements().filter((element) => !ids.has(element.id)));
    }
  }

  #blankLinks(elements: readonly BoardElement[]): void {
    const surface = this.#surface;
    const ids = new Set(elements.map((element) => element.id));
    surface?.show(
      surface.elements().map((element) => (ids.has(element.id) ? surface.edited(element, { link: null }) : element)),
    );
  }

  #planAudit(): void {
    this.#cancelAudit = this.#clock.after(AUDIT_INTERVAL, () => this.#audit());
  }

  #audit(): void {
    this.#planAudit();
    const surface = this.#surface;
    if (surface === null || !this.#ready || surface.isEditing()) {
      return;
    }
    const isUnsaved = (id: string): boolean => this.#board.isUnsaved(id);
    const { missing, outdated } = compare(surface.elements(), this.#board.held(), isUnsaved, this.#readOnly);
    for (const element of outdated) {
      this.#known.set(element);
    }
    if (missing.length > 0) {
      this.receive(missing);
    }
    this.#sending.request();
  }
}
