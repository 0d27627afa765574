/** A browser's storage that pages share and outlive, and one page on it, as a test sees it. */

import type { BoardElement } from "../../protocol/element.ts";
import type { FakeClock } from "../../protocol/tests/fake-clock.ts";
import type { Bulk } from "../bulk.ts";
import { Journal, type TextStore } from "../journal.ts";
import { KeptEdits } from "../kept-edits.ts";
import type { Pages } from "../pages.ts";
import type { Disk } from "./bulk-double.ts";

export class Texts implements TextStore {
  readonly entries = new Map<string, string>();
  /** How many characters it takes. */
  room = Number.POSITIVE_INFINITY;
  get length(): number {
    return this.entries.size;
  }
  get size(): number {
    return [...this.entries].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  }
  key = (position: number): string | null => [...this.entries.keys()][position] ?? null;
  getItem = (key: string): string | null => this.entries.get(key) ?? null;
  setItem = (key: string, value: string): void => {
    const before = this.entries.get(key);
    this.entries.set(key, value);
    if (this.size > this.room) {
      if (before === undefined) {
        this.entries.delete(key);
      } else {
        this.entries.set(key, before);
      }
      throw new Error("QuotaExceededError");
    }
  };
  removeItem = (key: string): void => {
    this.entries.delete(key);
  };
}

export class Device {
  readonly clock: FakeClock;
  readonly texts = new Texts();
  readonly disk: Disk = { records: new Map(), state: "fine" };
  readonly holders = new Map<string, Page>();
  readonly #bulk: (page: Page) => Bulk;
  #opened = 0;

  constructor(clock: FakeClock, bulk: (page: Page) => Bulk) {
    this.clock = clock;
    this.#bulk = bulk;
  }

  open(options: { canTell?: boolean; hasJournal?: boolean; journalChars?: number } = {}): Page {
    this.#opened += 1;
    return new Page(this, `page${this.#opened}`, this.#bulk, { canTell: true, hasJournal: true, ...options });
  }
}

export class Page {
  isOver = false;
  isKept = true;
  /** As it was when the page said last that all is kept. */
  safe = new Map<string, BoardElement>();
  unsaved = new Map<string, BoardElement>();
  readonly found: BoardElement[] = [];
  readonly edits: KeptEdits;
  readonly opened: Promise<void>;
  onFound: (elements: readonly BoardElement[]) => void = () => undefined;

  constructor(
    device: Device,
    name: string,
    bulk: (page: Page) => Bulk,
    options: { canTell: boolean; hasJournal: boolean; journalChars?: number },
  ) {
    const { clock, texts, holders } = device;
    const alive = {
      get length(): number {
        return texts.length;
      },
      key: texts.key,
      getItem: texts.getItem,
      setItem: (key: string, value: string) => this.isOver || texts.setItem(key, value),
      removeItem: (key: string) => this.isOver || texts.removeItem(key),
    } as TextStore;
    const pages: Pages = {
      canTell: options.canTell,
      hold: async (page) => {
        const holder = holders.get(page);
        if (options.canTell && holder !== undefined && holder !== this && !holder.isOver) {
          return false;
        }
        holders.set(page, this);
        return !this.isOver;
      },
      release: () => {
        for (const [page, holder] of holders) {
          if (holder === this) {
            holders.delete(page);
          }
        }
      },
    };
    this.edits = new KeptEdits({
      page: name,
      journal: options.hasJournal ? new Journal(alive, "b.u") : null,
      bulk: this.#untilOver(bulk(this)),
      pages,
      clock: {
        now: () => clock.now(),
        after: (milliseconds, callback) => clock.after(milliseconds, () => this.isOver || callback()),
        random: () => clock.random(),
      },
      ...(options.journalChars === undefined ? {} : { journalChars: options.journalChars }),
    });
    this.opened = this.edits.open({
      onFound: (elements) => {
        if (!this.isOver) {
          this.onFound(elements);
          this.found.push(...elements);
          for (const element of elements) {
            this.unsaved.set(element.id, element);
          }
        }
      },
      onKept: (isKept) => {
        this.isKept = isKept;
        if (isKept && !this.isOver) {
          this.safe = new Map(this.unsaved);
        }
      },
    });
  }

  /** What is under way goes its way; nothing begins any more. */
  #untilOver(bulk: Bulk): Bulk {
    const living = <T>(call: () => Promise<T>): Promise<T> => (this.isOver ? new Promise(() => undefined) : call());
    return {
      pages: () => living(() => bulk.pages()),
      read: (page) => living(() => bulk.read(page)),
      put: (page, elements) => living(() => bulk.put(page, elements)),
      drop: (addresses) => living(() => bulk.drop(addresses)),
    };
  }

  draw(...elements: readonly BoardElement[]): void {
    for (const element of elements) {
      this.unsaved.set(element.id, element);
    }
    this.edits.save([...this.unsaved.values()]);
  }

  confirmed(...ids: readonly string[]): void {
    for (const id of ids) {
      this.unsaved.delete(id);
      this.safe.delete(id);
    }
    this.edits.save([...this.unsaved.values()]);
  }

  /** The page dies without a word. */
  kill(): void {
    this.isOver = true;
  }
}
