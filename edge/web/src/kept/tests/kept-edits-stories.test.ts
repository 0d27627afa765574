/** Random edits, confirmations, full and broken storages, and pages that die at any point between two promises. */

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import fc from "fast-check";
import { beforeEach, expect, it, vi } from "vitest";
import { type BoardElement, keyOf } from "../../protocol/element.ts";
import { wins } from "../../protocol/merge.ts";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { newer, rectangle } from "../../protocol/tests/person.ts";
import type { Bulk } from "../bulk.ts";
import { Database, indexedBulk } from "../indexed-bulk.ts";
import { BulkDouble, type Disk } from "./bulk-double.ts";
import { Device, type Page } from "./device.ts";

const RUNS = Number(process.env.DOSKA_KEPT_RUNS ?? 400);
const PAGES = 3;

const who = fc.nat({ max: PAGES - 1 });
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ does: fc.constant("draw" as const), who, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("redraw" as const), who, which: fc.nat({ max: 9 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constant("confirm" as const), who, count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constant("wait" as const), milliseconds: fc.constantFrom(0, 1, 3, 9, 30) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("wait" as const), milliseconds: fc.constantFrom(1_000, 20_000, 70_000) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("kill" as const), who }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("open" as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("leave" as const), who }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("look" as const), who }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("texts" as const), isFull: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("disk" as const),
      state: fc.constantFrom<Disk["state"]>("fine", "fine", "full", "broken"),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const stories = fc.record({
  chance: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  journalChars: fc.constantFrom(0, 300, 2_000, 100_000),
  steps: fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
});

beforeEach(() => {
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
});

function onDouble(clock: FakeClock): Device {
  const device: Device = new Device(
    clock,
    (page) =>
      new BulkDouble(device.disk, () => {
        const milliseconds = clock.pick([0, 1, 1, 4, 15]);
        // What is under way when the page dies is done or not.
        return new Promise((resolve) => clock.after(milliseconds, () => resolve(page.isOver && clock.random() < 0.5)));
      }),
  );
  return device;
}

function onIndexedDb(clock: FakeClock): Device {
  const factory = new IDBFactory();
  const device: Device = new Device(clock, () => {
    const bulk = indexedBulk(new Database(() => factory), "b.u");
    const failing = async (): Promise<void> => {
      if (device.disk.state !== "fine") {
        throw Object.assign(new Error(device.disk.state), {
          name: device.disk.state === "full" ? "QuotaExceededError" : "InvalidStateError",
        });
      }
    };
    return {
      pages: () => bulk.pages(),
      read: (page) => bulk.read(page),
      put: (page, elements) => failing().then(() => bulk.put(page, elements)),
      drop: (addresses) => bulk.drop(addresses),
    } satisfies Bulk;
  });
  return device;
}

function nameOf(element: BoardElement): string {
  return `${element.id} ${keyOf(element)}`;
}

class Play {
  readonly faults: string[] = [];
  readonly clock: FakeClock;
  readonly device: Device;
  readonly journalChars: number;
  pages: Page[] = [];
  /** Told to be kept by pages that are no more, and not yet found by others. */
  owed = new Map<string, BoardElement>();
  confirmed = new Set<string>();
  wasFull = false;

  constructor(clock: FakeClock, device: Device, journalChars: number) {
    this.clock = clock;
    this.device = device;
    this.journalChars = journalChars;
  }

  open(): void {
    const page = this.device.open({ journalChars: this.journalChars });
    page.onFound = (elements) => this.#found(page, elements);
    this.pages.push(page);
  }

  async step(step: Step): Promise<void> {
    const page = "who" in step ? this.pages[step.who % Math.max(1, this.pages.length)] : undefined;
    switch (step.does) {
      case "wait":
        await this.clock.pass(step.milliseconds);
        return;
      case "open":
        if (this.pages.length < PAGES) {
          this.open();
        }
        return;
      case "texts":
        this.device.texts.room = step.isFull ? this.device.texts.size : Number.POSITIVE_INFINITY;
        this.wasFull ||= step.isFull;
        return;
      case "disk":
        this.device.disk.state = step.state;
        return;
      case "draw":
        page?.draw(...Array.from({ length: step.count }, () => rectangle(this.clock)));
        return;
      case "redraw": {
        const element = [...(page?.unsaved.values() ?? [])][step.which];
        if (element !== undefined) {
          page?.draw(newer(this.clock, element));
        }
        return;
      }
      case "confirm": {
        const done = [...(page?.unsaved.values() ?? [])].slice(0, step.count);
        for (const element of done) {
          this.#confirm(element);
        }
        page?.confirmed(...done.map(({ id }) => id));
        return;
      }
      case "look":
        page?.edits.look();
        return;
      case "kill":
      case "leave":
        if (page !== undefined) {
          this.#end(page, step.does);
        }
    }
  }

  #confirm(element: BoardElement): void {
    this.confirmed.add(nameOf(element));
    const owed = this.owed.get(element.id);
    if (owed !== undefined && !wins(owed, element)) {
      this.owed.delete(element.id);
    }
  }

  #end(page: Page, how: "kill" | "leave"): void {
    for (const element of page.safe.values()) {
      if (wins(element, this.owed.get(element.id))) {
        this.owed.set(element.id, element);
      }
    }
    if (how === "kill") {
      page.kill();
    } else {
      page.edits.close();
    }
    this.pages = this.pages.filter((other) => other !== page);
  }

  #found(page: Page, elements: readonly BoardElement[]): void {
    for (const element of elements) {
      const others = this.pages.filter((other) => other !== page && other.unsaved.get(element.id) === element);
      this.faults.push(...others.map(() => `${nameOf(element)} is another living page's`));
      // Without room in the journal it could not be noted; sent again, it changes nothing.
      if (this.confirmed.has(nameOf(element)) && !this.wasFull) {
        this.faults.push(`${nameOf(element)} was confirmed, and found again`);
      }
      const owed = this.owed.get(element.id);
      if (owed !== undefined && !wins(owed, element)) {
        this.owed.delete(element.id);
      }
    }
  }

  /** Long enough for whatever is under way: a database takes turns of the loop, and not time that a test passes. */
  async #rest(): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      await this.clock.pass(1_000);
    }
  }

  /** Everything works again: the last page has all that was promised, and when that is confirmed nothing is left. */
  async end(): Promise<void> {
    this.device.texts.room = Number.POSITIVE_INFINITY;
    this.device.disk.state = "fine";
    for (const page of [...this.pages]) {
      this.#end(page, "kill");
    }
    await this.#rest();
    this.open();
    await this.#rest();
    this.faults.push(...[...this.owed.values()].map((element) => `${nameOf(element)} is lost`));
    const [last] = this.pages as [Page];
    last.confirmed(...last.unsaved.keys());
    await this.#rest();
    const next = this.device.open();
    await this.#rest();
    this.faults.push(...next.found.map((element) => `${nameOf(element)} is still kept`));
    this.faults.push(...[...this.device.texts.entries.keys()].map((key) => `${key} is left behind`));
    this.faults.push(...[...this.device.disk.records.keys()].map((key) => `${key} is left in the bulk`));
  }
}

it.each([
  ["the double", onDouble, RUNS],
  ["IndexedDB", onIndexedDb, RUNS / 8],
] as const)(
  "On %s nothing kept is ever absent, nothing confirmed comes again, and each edit has one page",
  async (_, make, runs) => {
    const property = fc.asyncProperty(stories, async ({ chance, journalChars, steps }) => {
      const clock = new FakeClock(chance);
      const play = new Play(clock, make(clock), journalChars);
      play.open();
      for (const each of steps) {
        await play.step(each);
      }
      await play.end();
      expect(play.faults).toEqual([]);
    });
    await fc.assert(property, { numRuns: runs, seed: Number(process.env.DOSKA_STORY_SEED ?? 1) });
  },
  3_600_000,
);
