/**
 * Keeps what is unconfirmed in two places: the journal takes every edit at once but has little room, the bulk has room
 * but takes its time. An edit leaves the journal when the bulk has it for certain, and both when it is confirmed.
 *
 * An edit belongs to the page that made it until that page dies. Whoever then takes the page's name has its edits.
 */

import type { Clock } from "../protocol/clock.ts";
import type { BoardElement } from "../protocol/element.ts";
import type { Keepsake, KeepsakeListener } from "../protocol/keepsake.ts";
import { fold, wins } from "../protocol/merge.ts";
import { type Address, addressOf, type Bulk, contentOf, isNoRoom, stateOf } from "./bulk.ts";
import { type Journal, NOTHING } from "./journal.ts";
import type { Pages } from "./pages.ts";

export interface Parts {
  /** Of this page, and of no other ever. */
  readonly page: string;
  /** `null`: the browser keeps none for us. */
  readonly journal: Journal | null;
  readonly bulk: Bulk;
  readonly pages: Pages;
  readonly clock: Clock;
  /** A journal that is longer goes to the bulk. */
  readonly journalChars?: number;
}

interface Stored {
  readonly id: string;
  readonly state: string;
  /** Else a write of it failed, or is under way. */
  isSure: boolean;
}

// Little enough to be written every second without being noticed, and enough that a short cut needs no bulk at all.
const JOURNAL_CHARS = 256 * 1024;
// A board opens, and one is told that edits are not kept, without waiting longer for a bulk that does not answer.
const PATIENCE = 2_000;
// To try to write fifty megabytes again every second would be felt.
const PAUSE = 10_000;
const LOOK_INTERVAL = 60_000;

export class KeptEdits implements Keepsake {
  #parts: Parts;
  #journalChars: number;
  #listener: KeepsakeListener = { onFound: () => undefined, onKept: () => undefined };
  /** Unconfirmed, as saved last. */
  #wanted = new Map<string, BoardElement>();
  /** The newest state of each element that was ever saved or found: what is no newer was dealt with. */
  #newest = new Map<string, Pick<BoardElement, "version" | "versionNonce">>();
  #stored = new Map<Address, Stored>();
  /** To be deleted from the bulk. */
  #gone = new Set<Address>();
  /** Pages whose part of the bulk is ours. */
  #read = new Set<string>();
  /** Pages whose journals are to go as soon as ours holds what they held. */
  #taken = new Set<string>();
  /** How long the journal is; `null`: it does not hold all that the bulk does not. */
  #journalled: number | null = 0;
  #isWriting = false;
  #isOverdue = false;
  /** A write failed a moment ago. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #isLooking = false;
  #isClosed = false;
  #cancelLook: (() => void) | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#journalChars = parts.journalChars ?? JOURNAL_CHARS;
    this.#read.add(parts.page);
  }

  async open(listener: KeepsakeListener): Promise<void> {
    this.#listener = listener;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(PATIENCE, resolve);
      void this.#look().finally(() => {
        cancel();
        resolve();
      });
    });
  }

  save(elements: readonly BoardElement[]): void {
    if (this.#isClosed) {
      // It is another page's by now.
      return;
    }
    this.#wanted = new Map(elements.map((element) => [element.id, element]));
    for (const element of elements) {
      this.#newest.set(element.id, element);
    }
    this.#note();
    this.#write();
  }

  look(): void {
    if (this.#parts.pages.canTell && !this.#isLooking && !this.#isClosed) {
      void this.#look();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#letGo();
  }

  /** What the bulk does not have for certain. */
  #loose(): BoardElement[] {
    const sure = new Set([...this.#stored.values()].filter(({ isSure }) => isSure).map(({ state }) => state));
    return [...this.#wanted.values()].filter((element) => !sure.has(stateOf(element)));
  }

  /** Writes the journal, before anything else can happen. */
  #note(): void {
    const loose = this.#loose();
    const isLoose = new Set(loose.map(({ id }) => id));
    for (const [address, { id, state }] of this.#stored) {
      const wanted = this.#wanted.get(id);
      if (wanted === undefined || (state !== stateOf(wanted) && !isLoose.has(id))) {
        this.#stored.delete(address);
        this.#gone.add(address);
      }
    }
    const { journal, page } = this.#parts;
    const maybe = [...this.#stored.keys()].filter((at) => !this.#stored.get(at)?.isSure && !at.startsWith(`${page}/`));
    const entry = { edits: loose, gone: [...this.#gone], maybe };
    this.#journalled = loose.length === 0 && journal === null ? 0 : (journal?.write(page, entry) ?? null);
    if (this.#isAllKept()) {
      for (const taken of this.#taken) {
        journal?.remove(taken);
      }
      this.#taken.clear();
      this.#tell();
    } else if (this.#isOverdue || this.#isPaused) {
      this.#tell();
    }
  }

  get #isPaused(): boolean {
    return this.#parts.clock.now() < this.#notBefore;
  }

  #isAllKept(): boolean {
    return this.#journalled !== null || this.#loose().length === 0;
  }

  #tell(): void {
    this.#listener.onKept(this.#isAllKept());
  }

  /** One write at a time; what comes meanwhile goes with the next. What goes makes room for what comes. */
  #write(): void {
    if (this.#isWriting || this.#isPaused) {
      this.#letGo();
      return;
    }
    const { page, bulk } = this.#parts;
    const isShort = this.#journalled !== null && this.#journalled <= this.#journalChars;
    const loose = isShort ? [] : this.#loose();
    if (this.#gone.size > 0) {
      const gone = [...this.#gone];
      void this.#attempt(bulk.drop(gone), () => {
        for (const address of gone) {
          this.#gone.delete(address);
        }
      });
    } else if (loose.length > 0) {
      // Known from now on: the edit may be confirmed, and the page may die, with the write under way.
      const stored = loose.map((element) => this.#expect(addressOf(page, element), false));
      void this.#attempt(bulk.put(page, loose), () => {
        for (const each of stored) {
          each.isSure = true;
        }
      });
    } else {
      this.#letGo();
    }
  }

  async #attempt(writing: Promise<void>, done: () => void): Promise<void> {
    this.#isWriting = true;
    const cancel = this.#parts.clock.after(PATIENCE, () => {
      this.#isOverdue = true;
      this.#tell();
    });
    const error = await writing.then(
      () => null,
      (reason: unknown) => reason ?? new Error("no reason given"),
    );
    cancel();
    this.#isWriting = false;
    this.#isOverdue = false;
    if (error === null) {
      done();
      this.#note();
      this.#write();
      return;
    }
    if (!isNoRoom(error)) {
      // A database that fails otherwise than for want of room may have lost all it had.
      for (const stored of this.#stored.values()) {
        stored.isSure = false;
      }
    }
    // The next edit, or the next look, after that tries again.
    this.#notBefore = this.#parts.clock.now() + PAUSE;
    this.#note();
    this.#letGo();
  }

  /** Takes over what the dead left: first the journals, which are at hand, then the bulk. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    const { page: own, journal, bulk, pages } = this.#parts;
    const isFree = async (page: string): Promise<boolean> =>
      !this.#isClosed && page !== own && (await pages.hold(page)) && !this.#isClosed;
    try {
      await pages.hold(own);
      for (const page of journal?.pages() ?? []) {
        if (!this.#taken.has(page) && (await isFree(page))) {
          this.#takeJournal(page);
        }
      }
      for (const page of await bulk.pages()) {
        if (!this.#read.has(page) && (await isFree(page))) {
          // It may have died only now.
          this.#takeJournal(page);
          this.#takeStored(page, await bulk.read(page));
        }
      }
    } catch {
      // The bulk does not answer: what it holds waits for another look, as a write that failed does.
    }
    this.#isLooking = false;
    if (!this.#isClosed && pages.canTell) {
      this.#cancelLook?.();
      this.#cancelLook = this.#parts.clock.after(LOOK_INTERVAL, () => this.look());
    }
    this.#write();
  }

  #takeJournal(page: string): void {
    const { edits, gone, maybe } = this.#parts.journal?.read(page) ?? NOTHING;
    for (const address of gone) {
      this.#gone.add(address);
    }
    // They may be in the bulk as well: the page may have died before it knew.
    for (const address of [...maybe, ...edits.map((element) => addressOf(page, element))]) {
      this.#expect(address, false);
    }
    const found = this.#adopt(edits);
    this.#taken.add(page);
    this.#note();
    this.#listener.onFound(found);
  }

  #takeStored(page: string, elements: readonly BoardElement[]): void {
    this.#read.add(page);
    // One more page may have had it meanwhile, and died as well.
    for (const address of this.#parts.journal?.gone() ?? []) {
      this.#gone.add(address);
    }
    const left = elements.filter((element) => !this.#gone.has(addressOf(page, element)));
    for (const element of left) {
      this.#expect(addressOf(page, element), true);
    }
    const found = this.#adopt(left);
    this.#note();
    this.#listener.onFound(found);
  }

  #expect(address: Address, isSure: boolean): Stored {
    const stored = { ...contentOf(address), isSure };
    this.#stored.set(address, stored);
    return stored;
  }

  /** What is news. */
  #adopt(elements: readonly BoardElement[]): BoardElement[] {
    const found = [...fold(elements).values()].filter((element) => wins(element, this.#newest.get(element.id)));
    for (const element of found) {
      this.#newest.set(element.id, element);
      this.#wanted.set(element.id, element);
    }
    return found;
  }

  /** Only what is at rest is left to others. */
  #letGo(): void {
    if (this.#isClosed && !this.#isWriting && !this.#isLooking) {
      this.#parts.pages.release();
    }
  }
}
