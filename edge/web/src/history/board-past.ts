/** The past of one board as a page shows it: which moment, what was there, who did what; and how it is played. */

import type { Caller } from "../api/caller.ts";
import { type PastOp, readHistory, readOps, readState } from "../api/history.ts";
import type { BoardElement } from "../protocol/element.ts";
import { createStore } from "../state/store.ts";
import { pauseMs, Replay } from "./replay.ts";
import { Timeline } from "./timeline.ts";

export const SPEEDS = [1, 10, 60] as const;
export type Speed = (typeof SPEEDS)[number];

const PARTS = 1000;
const RECENT = 60;
const PAGE = 100;
// Several ops within one frame are shown at once.
const FRAME_MS = 16;
/** The address of whoever wants the latest state. */
export const NOW = "now";

export interface PastView {
  readonly timeline: Timeline | null;
  /** `null`: before the first op. */
  readonly position: string | null;
  readonly timeMs: number;
  readonly elements: readonly BoardElement[];
  /** The last ops until the position, the latest first. */
  readonly recent: readonly PastOp[];
  readonly busy: boolean;
  readonly playing: Speed | null;
  readonly fault: unknown;
}

export class BoardPast {
  readonly caller: Caller;
  readonly boardId: string;
  readonly view = createStore<PastView>({
    timeline: null,
    position: null,
    timeMs: 0,
    elements: [],
    recent: [],
    busy: true,
    playing: null,
    fault: null,
  });
  #reading: AbortController | null = null;
  #turn = 0;

  constructor(caller: Caller, boardId: string) {
    this.caller = caller;
    this.boardId = boardId;
  }

  /** `at` is a position, a time, or `now`. */
  async open(at: string): Promise<void> {
    try {
      const timeline = new Timeline(await readHistory(this.caller, this.boardId, PARTS));
      this.view.set({ timeline });
      await (at === NOW || at === "" ? this.#show(timeline.last, timeline.endMs) : this.#show(at, null));
    } catch (fault) {
      this.view.set({ fault, busy: false });
    }
  }

  stop(): void {
    this.#turn += 1;
    this.#reading?.abort();
  }

  /** To the end of a part of the line. */
  async goTo(index: number): Promise<void> {
    this.pause();
    const bucket = this.view.get().timeline?.bucketAt(index);
    if (bucket !== undefined) {
      await this.#show(bucket.position, (Date.parse(bucket.from) + Date.parse(bucket.to)) / 2);
    }
  }

  async goToPosition(position: string): Promise<void> {
    this.pause();
    await this.#show(position, null);
  }

  /** To the last thing that somebody did before this moment; once more goes on to the one before that. */
  async goToLastOf(actor: string): Promise<boolean> {
    this.pause();
    const { position } = this.view.get();
    try {
      const asked = { actor, newest: true, limit: 2, data: false };
      const before =
        position === null ? [] : (await readOps(this.caller, this.boardId, { ...asked, to: position })).items;
      const items = before.length > 0 ? before : (await readOps(this.caller, this.boardId, asked)).items;
      const found = items.find((op) => op.position !== position);
      if (found === undefined) {
        return false;
      }
      await this.#show(found.position, null);
      return true;
    } catch (fault) {
      this.view.set({ fault });
      return false;
    }
  }

  pause(): void {
    this.#turn += 1;
    if (this.view.get().playing !== null) {
      this.view.set({ playing: null });
    }
  }

  /** Plays from this moment on; from the end, all of it again. */
  async play(speed: Speed): Promise<void> {
    this.pause();
    const turn = this.#turn;
    const goesOn = (): boolean => turn === this.#turn;
    this.view.set({ playing: speed, fault: null });
    const { timeline, elements } = this.view.get();
    let { position } = this.view.get();
    const fromStart = position === null || position === timeline?.last;
    position = fromStart ? null : position;
    const replay = new Replay(fromStart ? [] : elements);
    if (fromStart) {
      this.view.set({ elements: [], position: null, recent: [] });
    }
    try {
      let before: string | null = null;
      let cursor: string | null = null;
      do {
        const page = await readOps(this.caller, this.boardId, { from: position, limit: PAGE, cursor });
        for (const op of page.items) {
          const pause = pauseMs(before, op.time, speed);
          if (pause >= FRAME_MS) {
            this.view.set({ elements: replay.living() });
            await new Promise((resolve) => setTimeout(resolve, pause));
          }
          if (!goesOn()) {
            return;
          }
          replay.apply(op);
          before = op.time;
          const recent = [op, ...this.view.get().recent].slice(0, RECENT);
          this.view.set({ position: op.position, timeMs: Date.parse(op.time), recent });
        }
        cursor = page.next;
      } while (cursor !== null && goesOn());
      const reached = this.view.get().position;
      if (goesOn()) {
        this.view.set({ elements: replay.living(), playing: null });
        // As the server has it: a state without its tombstones may be played on to a ghost.
        await this.#show(reached, reached === null ? this.view.get().timeMs : null);
      }
    } catch (fault) {
      if (goesOn()) {
        this.view.set({ playing: null, fault });
      }
    }
  }

  /** `timeMs` null: it is that of the op. What is asked for last is what is shown. */
  async #show(position: string | null, timeMs: number | null): Promise<void> {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    this.view.set({ busy: true, fault: null, position, ...(timeMs === null ? {} : { timeMs }) });
    if (position === null) {
      this.view.set({ busy: false, elements: [], recent: [] });
      return;
    }
    try {
      const asked = { to: position, newest: true, limit: RECENT, data: false, signal: reading.signal };
      const [elements, { items }] = await Promise.all([
        readState(this.caller, this.boardId, position, reading.signal),
        readOps(this.caller, this.boardId, asked),
      ]);
      if (this.#reading === reading) {
        // A time, and a position of a whole record, are told as the position of their last op.
        const last = items[0];
        const time = timeMs ?? (last === undefined ? this.view.get().timeMs : Date.parse(last.time));
        this.view.set({ busy: false, elements, recent: items, timeMs: time });
      }
    } catch (fault) {
      if (this.#reading === reading) {
        this.view.set({ busy: false, fault });
      }
    }
  }
}
