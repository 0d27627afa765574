/** Somebody's computer: a clock that may be wrong, a lid that closes, a network that goes, a storage that its tabs share. */

import type { TextStore } from "../../../kept/journal.ts";
import type { Pages } from "../../../kept/pages.ts";
import { BulkDouble, type Disk } from "../../../kept/tests/bulk-double.ts";
import { type Clock, steady } from "../../../protocol/clock.ts";
import type { FakeClock } from "../../../protocol/tests/fake-clock.ts";

export class Machine {
  readonly name: string;
  readonly world: FakeClock;
  readonly entries = new Map<string, string>();
  readonly disk: Disk = { records: new Map(), state: "fine" };
  /** Who holds the name of which page. */
  readonly locks = new Map<string, TabClock>();
  /** How far its clock is ahead of the server's. */
  ahead = 0;
  isOnline = true;
  isAsleep = false;
  /** How many characters its storage takes. */
  room = Number.POSITIVE_INFINITY;
  #due: (() => void)[] = [];

  constructor(name: string, world: FakeClock) {
    this.name = name;
    this.world = world;
  }

  /** What its clock shows, right or wrong. */
  wall(): number {
    return this.world.now() + this.ahead;
  }

  /** Nothing runs while it sleeps: what became due runs when it wakes. */
  after(milliseconds: number, callback: () => void): () => void {
    let isCancelled = false;
    const run = (): void => {
      if (this.isAsleep) {
        this.#due.push(run);
      } else if (!isCancelled) {
        callback();
      }
    };
    const cancel = this.world.after(milliseconds, run);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** Nothing more fits into its storage than lies there. */
  fill(isFull: boolean): void {
    this.room = isFull ? sizeOf(this.entries) : Number.POSITIVE_INFINITY;
  }

  sleep(): void {
    this.isAsleep = true;
  }

  wake(): void {
    this.isAsleep = false;
    for (const run of this.#due.splice(0)) {
      this.world.after(0, run);
    }
  }
}

/** Time for one tab: it ends with the tab. */
export class TabClock implements Clock {
  isOver = false;
  now: () => number;
  #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.now = steady(() => machine.wall());
  }

  after(milliseconds: number, callback: () => void): () => void {
    return this.#machine.after(milliseconds, () => {
      if (!this.isOver) {
        callback();
      }
    });
  }

  random(): number {
    return this.#machine.world.random();
  }
}

function sizeOf(entries: ReadonlyMap<string, string>): number {
  return [...entries].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
}

/** The machine's storage, as one tab reaches it. */
export function storageOf(machine: Machine, clock: TabClock): TextStore {
  const { entries } = machine;
  return {
    get length() {
      return entries.size;
    },
    key: (position) => [...entries.keys()][position] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => {
      if (clock.isOver) {
        return;
      }
      if (sizeOf(new Map(entries).set(key, value)) > machine.room) {
        throw new Error("QuotaExceededError");
      }
      entries.set(key, value);
    },
    removeItem: (key) => {
      if (!clock.isOver) {
        entries.delete(key);
      }
    },
  };
}

/** Its database: slow, and what is under way when the tab dies is written or not. */
export function bulkOf(machine: Machine, clock: TabClock): BulkDouble {
  return new BulkDouble(machine.disk, () => {
    const milliseconds = machine.world.pick([0, 1, 5, 5, 30, 400]);
    return new Promise((resolve) => {
      machine.after(milliseconds, () => resolve(clock.isOver && machine.world.random() < 0.5));
    });
  });
}

/** Its locks; a tab that is over holds none. */
export function pagesOf({ locks }: Machine, clock: TabClock): Pages {
  return {
    canTell: true,
    hold: async (page) => {
      const holder = locks.get(page);
      if (holder !== undefined && holder !== clock && !holder.isOver) {
        return false;
      }
      locks.set(page, clock);
      return true;
    },
    release: () => {
      for (const [page, holder] of locks) {
        if (holder === clock) {
          locks.delete(page);
        }
      }
    },
  };
}
