/** The threads of a board as its facts change them; knows no page and no network. */

import type { Anchor, Comment, Thread } from "../api/comments.ts";
import type { RoomEvent } from "../protocol/frames.ts";

type NameOf = (userId: string) => string | null;

interface Said {
  readonly thread_id: string;
  readonly comment_id: string;
  readonly author_id: string;
  readonly text: string;
  readonly mention: readonly string[];
  readonly anchor: Anchor;
  readonly resolved_by: string;
  readonly user_id: string;
}

/** The threads after a fact, or `null` when it is about one that is not known here: the list must be read again. */
export function applied(threads: readonly Thread[], event: RoomEvent, nameOf: NameOf): readonly Thread[] | null {
  const said = event.data as unknown as Said;
  if (event.type === "comments.thread_started") {
    return started(threads, said, event.time, nameOf);
  }
  if (event.type === "comments.person_forgotten") {
    return threads.map((thread) => forgotten(thread, said.user_id));
  }
  if (event.type === "comments.thread_restored") {
    return null;
  }
  const known = threads.find((thread) => thread.thread_id === said.thread_id);
  if (known === undefined) {
    // What was deleted here already may be told once more.
    return event.type === "comments.comment_deleted" ? threads : null;
  }
  const changed = changedBy(known, event, said, nameOf);
  return changed === null
    ? threads.filter((thread) => thread !== known)
    : threads.map((thread) => (thread === known ? changed : thread));
}

/** The thread as the server has just shown it, in its place. */
export function placed(threads: readonly Thread[], thread: Thread): readonly Thread[] {
  const others = threads.filter((other) => other.thread_id !== thread.thread_id);
  return others.length === threads.length
    ? [thread, ...threads]
    : threads.map((other) => (other.thread_id === thread.thread_id ? thread : other));
}

function started(threads: readonly Thread[], said: Said, time: string, nameOf: NameOf): readonly Thread[] {
  if (threads.some((thread) => thread.thread_id === said.thread_id)) {
    return threads;
  }
  const thread: Thread = {
    thread_id: said.thread_id,
    anchor: said.anchor,
    started_at: time,
    resolved: false,
    resolved_by: null,
    comments: [comment(said, time, nameOf)],
  };
  return [thread, ...threads];
}

/** `null`: it is gone. */
function changedBy(thread: Thread, event: RoomEvent, said: Said, nameOf: NameOf): Thread | null {
  const { comments } = thread;
  switch (event.type) {
    case "comments.comment_added":
      return comments.some((one) => one.comment_id === said.comment_id)
        ? thread
        : { ...thread, comments: [...comments, comment(said, event.time, nameOf)] };
    case "comments.comment_edited":
      return {
        ...thread,
        comments: comments.map((one) =>
          one.comment_id === said.comment_id
            ? { ...one, text: said.text, mention: said.mention, edited_at: event.time }
            : one,
        ),
      };
    case "comments.comment_deleted": {
      const left = comments.filter((one) => one.comment_id !== said.comment_id);
      return left.length === 0 ? null : { ...thread, comments: left };
    }
    case "comments.thread_resolved":
      return { ...thread, resolved: true, resolved_by: said.resolved_by };
    case "comments.thread_reopened":
      return { ...thread, resolved: false, resolved_by: null };
    case "comments.thread_moved":
      return { ...thread, anchor: said.anchor };
    default:
      return thread;
  }
}

function comment(said: Said, time: string, nameOf: NameOf): Comment {
  return {
    comment_id: said.comment_id,
    author_id: said.author_id,
    author_name: nameOf(said.author_id),
    text: said.text,
    mention: said.mention,
    written_at: time,
    edited_at: null,
  };
}

function forgotten(thread: Thread, userId: string): Thread {
  return {
    ...thread,
    resolved_by: thread.resolved_by === userId ? null : thread.resolved_by,
    comments: thread.comments.map((one) => ({
      ...one,
      ...(one.author_id === userId ? { author_id: null, author_name: null } : {}),
      mention: one.mention.filter((mentioned) => mentioned !== userId),
    })),
  };
}
