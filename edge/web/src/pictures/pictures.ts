/**
 * The pictures of an open board: those of others are fetched, one's own are uploaded before anybody hears of them.
 *
 * The editor calls a new picture by a name of its own. The element that shows it waits here until the picture is a file
 * of the board: then it gets the file's id and travels as any edit does. So nobody is sent a picture that is not there.
 */

import type { Clock } from "../protocol/clock.ts";
import type { BoardElement } from "../protocol/element.ts";
import { createStore, type Store } from "../state/store.ts";
import { bytesOf, fileIdOf, isFileId, nameOf, type Picture, type Shelf } from "./picture.ts";

export interface Draft {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is needed of a server. */
export interface FileSource {
  /** The id of the file that the bytes became. Rejects with what was wrong. */
  upload(draft: Draft, onPart: (share: number) => void): Promise<string>;
  /** A picture of the board, or of another one that this person sees. */
  fetch(fileId: string): Promise<Picture>;
  /** Whether the same may succeed later: no network, a busy server. */
  isPassing(error: unknown): boolean;
  /** Whether a picture that was not given may be given in a moment. */
  mayCome(error: unknown): boolean;
}

export interface PicturesListener {
  /** The picture is a file now; elements that show it get its id. */
  onReady(name: string, fileId: string): void;
  /** It will never be one. */
  onRefused(name: string, error: unknown): void;
}

export interface PicturesView {
  /** Pictures under way to the server. */
  readonly uploading: number;
  /** Which share of them is there, in percent. */
  readonly percent: number;
  /** Waiting for the network. */
  readonly waiting: boolean;
}

const FETCHED_AT_ONCE = 4;
const FETCH_ATTEMPTS = 5;
const AGAIN_AFTER = 1_000;
const AGAIN_MOST = 30_000;

export class Pictures {
  readonly store: Store<PicturesView> = createStore<PicturesView>({ uploading: 0, percent: 0, waiting: false });
  #source: FileSource;
  #clock: Clock;
  #listener: PicturesListener;
  #shelf: Shelf | null = null;
  /** Files that elements of this board show, as the server says. */
  #onBoard = new Set<string>();
  #uploaded = new Map<string, string>();
  #uploads = new Map<string, number>();
  #waits = new Map<string, () => void>();
  #names = new Map<string, string>();
  #loaded = new Map<string, Picture>();
  #asked = new Set<string>();
  /** Given up for now. */
  #missing = new Set<string>();
  #finders = new Map<string, ((picture: Picture | null) => void)[]>();
  #queue: string[] = [];
  #fetching = 0;
  #stopped = false;

  constructor(source: FileSource, clock: Clock, listener: PicturesListener) {
    this.#source = source;
    this.#clock = clock;
    this.#listener = listener;
  }

  attach(shelf: Shelf): void {
    this.#shelf = shelf;
    for (const picture of this.#loaded.values()) {
      shelf.add(picture);
    }
  }

  detach(): void {
    this.#shelf = null;
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    for (const cancel of this.#waits.values()) {
      cancel();
    }
    this.#waits.clear();
    for (const id of [...this.#finders.keys()]) {
      this.#found(id, null);
    }
  }

  /** The network is said to be back: wait no longer, and ask once more for what did not come. */
  wake(): void {
    for (const [name, cancel] of [...this.#waits]) {
      cancel();
      this.#waits.delete(name);
      void this.#attempt(name, 1);
    }
    for (const id of [...this.#missing]) {
      this.#want(id);
    }
  }

  /** What the file was called that a new picture was made of. */
  named(name: string, fileName: string): void {
    this.#names.set(name, fileName);
  }

  /** Elements as the server has them: their pictures are fetched. */
  note(elements: readonly BoardElement[]): void {
    for (const element of elements) {
      const id = fileIdOf(element);
      if (id !== null) {
        this.#onBoard.add(id);
        if (isFileId(id)) {
          this.#want(id);
        }
      }
    }
  }

  /** One picture for somebody who shows it elsewhere; `null` where it does not come at the first asking. */
  find(id: string): Promise<Picture | null> {
    const here = this.#loaded.get(id) ?? this.#shelf?.get(id);
    if (here !== undefined || this.#stopped || !isFileId(id)) {
      return Promise.resolve(here ?? null);
    }
    return new Promise((resolve) => {
      this.#finders.set(id, [...(this.#finders.get(id) ?? []), resolve]);
      this.#want(id);
    });
  }

  /** Whether an element of this canvas must wait: it shows what is no file of the board yet. */
  mustWait(element: BoardElement): boolean {
    if (element.type !== "image" || element.isDeleted) {
      return false;
    }
    const id = fileIdOf(element);
    return id === null || !this.#onBoard.has(id);
  }

  /** Elements that wait: their pictures are uploaded, each once. */
  take(elements: readonly BoardElement[]): void {
    for (const element of elements) {
      const name = fileIdOf(element);
      if (name === null || this.#uploads.has(name)) {
        continue;
      }
      const before = this.#uploaded.get(name);
      if (before === undefined) {
        this.#part(name, 0);
        void this.#attempt(name, 1);
      } else {
        this.#listener.onReady(name, before);
      }
    }
  }

  async #attempt(name: string, attempt: number): Promise<void> {
    try {
      this.#tell();
      const picture = await this.#bytes(name);
      const fileName = nameOf(this.#names.get(name) ?? "", picture.mimeType);
      const draft = { name: fileName, mime: picture.mimeType, bytes: bytesOf(picture.dataURL) };
      const fileId = await this.#source.upload(draft, (share) => this.#part(name, share));
      this.#end(name);
      this.#uploaded.set(name, fileId);
      this.#onBoard.add(fileId);
      this.#keep({ ...picture, id: fileId });
      if (!this.#stopped) {
        this.#listener.onReady(name, fileId);
      }
    } catch (error) {
      if (this.#stopped) {
        return;
      }
      if (this.#source.isPassing(error)) {
        const wait = Math.min(AGAIN_MOST, AGAIN_AFTER * 2 ** (attempt - 1));
        this.#waits.set(
          name,
          this.#clock.after(wait, () => {
            this.#waits.delete(name);
            void this.#attempt(name, attempt + 1);
          }),
        );
        this.#part(name, 0);
        return;
      }
      this.#end(name);
      this.#listener.onRefused(name, error);
    }
  }

  /** A new picture is at hand; one that was pasted from another board may have to be fetched from there. */
  #bytes(name: string): Promise<Picture> {
    const picture = this.#shelf?.get(name) ?? this.#loaded.get(name);
    return picture === undefined ? this.#source.fetch(name) : Promise.resolve(picture);
  }

  #want(id: string): void {
    if (this.#asked.has(id) || this.#stopped) {
      return;
    }
    this.#asked.add(id);
    this.#missing.delete(id);
    if (this.#shelf?.get(id) === undefined) {
      this.#queue.push(id);
      this.#fetchNext();
    }
  }

  #fetchNext(): void {
    while (this.#fetching < FETCHED_AT_ONCE) {
      const id = this.#queue.shift();
      if (id === undefined) {
        return;
      }
      this.#fetching += 1;
      void this.#fetch(id, 1).finally(() => {
        this.#fetching -= 1;
        this.#fetchNext();
      });
    }
  }

  async #fetch(id: string, attempt: number): Promise<void> {
    try {
      this.#keep(await this.#source.fetch(id));
    } catch (error) {
      if (this.#stopped) {
        return;
      }
      this.#found(id, null);
      if (this.#source.mayCome(error) && attempt < FETCH_ATTEMPTS) {
        this.#clock.after(AGAIN_AFTER * 2 ** (attempt - 1), () => this.#stopped || void this.#fetch(id, attempt + 1));
      } else {
        // Asked again when an element that shows it comes again, or the network does.
        this.#asked.delete(id);
        this.#missing.add(id);
      }
    }
  }

  #keep(picture: Picture): void {
    this.#asked.add(picture.id);
    this.#loaded.set(picture.id, picture);
    this.#shelf?.add(picture);
    this.#found(picture.id, picture);
  }

  #found(id: string, picture: Picture | null): void {
    const finders = this.#finders.get(id) ?? [];
    this.#finders.delete(id);
    for (const resolve of finders) {
      resolve(picture);
    }
  }

  #part(name: string, share: number): void {
    this.#uploads.set(name, share);
    this.#tell();
  }

  #end(name: string): void {
    this.#uploads.delete(name);
    this.#tell();
  }

  #tell(): void {
    const shares = [...this.#uploads.values()];
    const done = shares.reduce((sum, share) => sum + Math.min(1, share), 0);
    this.store.set({
      uploading: shares.length,
      percent: shares.length === 0 ? 0 : Math.floor((done / shares.length) * 100),
      waiting: this.#waits.size > 0,
    });
  }
}
