/** What is said on an open board: read as a list, then kept in step by facts. */

import type { Caller } from "../api/caller.ts";
import {
  type Anchor,
  deleteComment,
  editComment,
  listMentionable,
  listThreads,
  type Mentionable,
  moveThread,
  reply,
  resolveThread,
  startThread,
  type Thread,
  type Words,
} from "../api/comments.ts";
import { faultWords } from "../i18n/fault-words.ts";
import type { RoomEvent } from "../protocol/frames.ts";
import { createStore, type Store } from "../state/store.ts";
import { toast } from "../state/toasts.ts";
import { words } from "../state/words.ts";
import type { Seen } from "./seen.ts";
import { applied, placed } from "./threads.ts";
import type { Viewport } from "./viewport.ts";

const AGAIN_AFTER = 3000;

/** What is open beside the canvas: a thread, or the words of a new one. */
export type Open = { readonly threadId: string } | { readonly anchor: Anchor } | null;

export interface CommentsView {
  readonly threads: readonly Thread[];
  readonly unread: ReadonlySet<string>;
  readonly open: Open;
  /** The next click on the canvas puts a pin. */
  readonly placing: boolean;
  readonly listed: boolean;
  readonly people: readonly Mentionable[];
  readonly viewport: Viewport | null;
}

export interface CommentsParts {
  readonly boardId: string;
  readonly caller: Caller;
  readonly seen: Seen;
  readonly myUserId: () => string | null;
  /** The names of those who are here. */
  readonly present: () => readonly Mentionable[];
}

export class Comments {
  readonly store: Store<CommentsView> = createStore<CommentsView>({
    threads: [],
    unread: new Set(),
    open: null,
    placing: false,
    listed: false,
    people: [],
    viewport: null,
  });
  #parts: CommentsParts;
  #reading = false;
  /** Facts came while the list was on its way: it may lack them. */
  #overtaken = false;
  #stopped = false;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: CommentsParts) {
    this.#parts = parts;
  }

  get myUserId(): string | null {
    return this.#parts.myUserId();
  }

  /** Reads the list: at first, and whenever something may have been missed. */
  read(): void {
    if (this.#reading) {
      this.#overtaken = true;
      return;
    }
    if (this.#stopped) {
      return;
    }
    clearTimeout(this.#again);
    this.#reading = true;
    this.#overtaken = false;
    listThreads(this.#parts.caller, this.#parts.boardId).then(
      (threads) => this.#readDone(threads),
      () => this.#readFailed(),
    );
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#again);
  }

  /** A fact of the room. */
  heard(event: RoomEvent): void {
    this.#overtaken = true;
    const threads = applied(this.store.get().threads, event, (userId) => this.#nameOf(userId));
    if (threads === null) {
      this.read();
    } else {
      this.#show(threads);
      const isNameless = threads.some((one) =>
        one.comments.some(({ author_id, author_name }) => author_id !== null && author_name === null),
      );
      if (isNameless) {
        // A guest whom nobody here has met: only the list knows his name.
        this.read();
      }
    }
  }

  attach(viewport: Viewport): void {
    this.store.set({ viewport });
  }

  detach(): void {
    this.store.set({ viewport: null });
  }

  place(placing: boolean): void {
    this.store.set({ placing, ...(placing ? { open: null } : {}) });
  }

  list(listed: boolean): void {
    this.store.set({ listed });
  }

  /** Opens a thread, beside its pin. */
  open(open: Open): void {
    this.store.set({ open, placing: false });
    if (open !== null && "threadId" in open) {
      this.#readTo(open.threadId);
    }
  }

  /** Whom one may mention; asked for when somebody begins to write. */
  findPeople(): void {
    const { caller, boardId, present } = this.#parts;
    listMentionable(caller, boardId).then(
      (people) => this.store.set({ people }),
      () => this.store.set({ people: present().filter(({ user_id }) => user_id !== this.myUserId) }),
    );
  }

  async start(anchor: Anchor, said: Words): Promise<boolean> {
    const thread = await this.#attempt(startThread(this.#parts.caller, this.#parts.boardId, anchor, said));
    if (thread !== null) {
      this.open({ threadId: thread.thread_id });
    }
    return thread !== null;
  }

  async reply(threadId: string, said: Words): Promise<boolean> {
    return (await this.#attempt(reply(this.#parts.caller, this.#parts.boardId, threadId, said))) !== null;
  }

  async edit(threadId: string, commentId: string, said: Words): Promise<boolean> {
    const { caller, boardId } = this.#parts;
    return (await this.#attempt(editComment(caller, boardId, threadId, commentId, said))) !== null;
  }

  async resolve(threadId: string, resolved: boolean): Promise<void> {
    await this.#attempt(resolveThread(this.#parts.caller, this.#parts.boardId, threadId, resolved));
  }

  /** Shown at once where it was put; back again where the server refuses. */
  async move(threadId: string, anchor: Anchor): Promise<void> {
    const thread = this.store.get().threads.find((one) => one.thread_id === threadId);
    if (thread === undefined) {
      return;
    }
    this.#show(placed(this.store.get().threads, { ...thread, anchor }));
    try {
      await moveThread(this.#parts.caller, this.#parts.boardId, threadId, anchor);
    } catch (error) {
      toast(faultWords(words(), error), { tone: "error" });
      const { threads } = this.store.get();
      this.#show(
        threads.map((one) =>
          one.thread_id === threadId && one.anchor === anchor ? { ...one, anchor: thread.anchor } : one,
        ),
      );
      this.read();
    }
  }

  async remove(threadId: string, commentId: string): Promise<void> {
    try {
      // The fact takes it away here.
      await deleteComment(this.#parts.caller, this.#parts.boardId, threadId, commentId);
    } catch (error) {
      toast(faultWords(words(), error), { tone: "error" });
    }
  }

  async #attempt(asked: Promise<Thread>): Promise<Thread | null> {
    try {
      const thread = await asked;
      this.#show(placed(this.store.get().threads, thread));
      return thread;
    } catch (error) {
      toast(faultWords(words(), error), { tone: "error" });
      return null;
    }
  }

  #readDone(threads: readonly Thread[]): void {
    this.#reading = false;
    this.#show(threads);
    if (this.#overtaken) {
      this.#later();
    }
  }

  #readFailed(): void {
    this.#reading = false;
    this.#later();
  }

  /** Not at once: a talk in full swing would read the list with each of its words. */
  #later(): void {
    clearTimeout(this.#again);
    if (!this.#stopped) {
      this.#again = setTimeout(() => this.read(), AGAIN_AFTER);
    }
  }

  #show(threads: readonly Thread[]): void {
    const { open } = this.store.get();
    const openId = open !== null && "threadId" in open ? open.threadId : null;
    const isGone = openId !== null && !threads.some((thread) => thread.thread_id === openId);
    this.store.set({ threads, ...(isGone ? { open: null } : {}) });
    if (openId === null || isGone) {
      this.#mark();
    } else {
      this.#readTo(openId);
    }
  }

  #readTo(threadId: string): void {
    const { threads } = this.store.get();
    const thread = threads.find((one) => one.thread_id === threadId);
    if (thread !== undefined) {
      this.#parts.seen.read(thread, threads);
    }
    this.#mark();
  }

  #mark(): void {
    const { seen } = this.#parts;
    const unread = this.store.get().threads.filter((thread) => seen.isUnread(thread, this.myUserId));
    this.store.set({ unread: new Set(unread.map(({ thread_id }) => thread_id)) });
  }

  #nameOf(userId: string): string | null {
    const { threads, people } = this.store.get();
    const here = [...people, ...this.#parts.present()].find(({ user_id }) => user_id === userId);
    if (here !== undefined) {
      return here.name;
    }
    for (const { comments } of threads) {
      const said = comments.find(({ author_id }) => author_id === userId);
      if (said !== undefined) {
        return said.author_name;
      }
    }
    return null;
  }
}
