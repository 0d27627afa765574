/** What this person has read on this device: of each thread, until when. */

import type { Thread } from "../api/comments.ts";

type Until = Readonly<Record<string, number>>;
type Memory = Pick<Storage, "getItem" | "setItem">;

const PREFIX = "doska.comments.";

/** The time of the last comment that somebody else has written; 0 when there is none. */
export function lastOfOthers(thread: Thread, myUserId: string | null): number {
  return Math.max(
    0,
    ...thread.comments.filter((one) => one.author_id !== myUserId).map((one) => Date.parse(one.written_at)),
  );
}

export class Seen {
  #memory: Memory;
  #key: string;
  #until: Until;

  constructor(memory: Memory, boardId: string, owner: string) {
    this.#memory = memory;
    this.#key = `${PREFIX}${owner}.${boardId}`;
    this.#until = parsed(memory.getItem(this.#key));
  }

  isUnread(thread: Thread, myUserId: string | null): boolean {
    return !thread.resolved && lastOfOthers(thread, myUserId) > (this.#until[thread.thread_id] ?? 0);
  }

  /** Read to its end; what is not among `threads` any more is forgotten. */
  read(thread: Thread, threads: readonly Thread[]): void {
    const until: Record<string, number> = {};
    for (const { thread_id } of threads) {
      const before = this.#until[thread_id];
      if (before !== undefined) {
        until[thread_id] = before;
      }
    }
    until[thread.thread_id] = lastOfOthers(thread, null);
    this.#until = until;
    this.#memory.setItem(this.#key, JSON.stringify(until));
  }
}

function parsed(text: string | null): Until {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Until) : {};
  } catch {
    return {};
  }
}
