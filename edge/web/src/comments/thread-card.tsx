/** One thread beside its pin: what was said, a place to answer, and whether it is dealt with. */

import { useEffect, useRef, useState } from "react";
import type { Anchor, Comment, Thread } from "../api/comments.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import { useApp } from "../state/app-store.ts";
import { useStore } from "../state/store.ts";
import { useMoments, useWords } from "../state/words.ts";
import type { Comments } from "./comments.ts";
import { Composer } from "./composer.tsx";
import { partsOf } from "./mentions.ts";

interface ThreadCardProps {
  readonly comments: Comments;
  /** `null`: one that is being started at `anchor`. */
  readonly thread: Thread | null;
  readonly anchor: Anchor | null;
  readonly may: boolean;
}

export function ThreadCard({ comments, thread, anchor, may }: ThreadCardProps) {
  const t = useWords();
  const card = useRef<HTMLElement>(null);
  const opener = useRef(document.activeElement);
  useEffect(() => {
    const before = opener.current;
    if (card.current?.contains(document.activeElement) === false) {
      card.current.focus({ preventScroll: true });
    }
    return () => {
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus({ preventScroll: true });
      }
    };
  }, []);
  return (
    <section
      ref={card}
      className="comment-card"
      aria-label={t(thread === null ? "comments.new" : "comments.thread")}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          comments.open(null);
        }
      }}
    >
      <div className="comment-card-head">
        <h2>{t(thread === null ? "comments.new" : "comments.thread")}</h2>
        {thread !== null && may ? (
          <Button
            icon={thread.resolved ? "restore" : "check"}
            onClick={() => void comments.resolve(thread.thread_id, !thread.resolved)}
          >
            {t(thread.resolved ? "comments.reopen" : "comments.resolve")}
          </Button>
        ) : null}
        <IconButton icon="close" label={t("common.close")} onClick={() => comments.open(null)} />
      </div>
      {thread === null ? null : <Talk comments={comments} thread={thread} may={may} />}
      {may && thread !== null ? (
        <Composer
          comments={comments}
          label={t("comments.answer")}
          send={t("comments.send")}
          onSend={(words) => comments.reply(thread.thread_id, words)}
        />
      ) : null}
      {may && thread === null && anchor !== null ? (
        <Composer
          comments={comments}
          label={t("comments.write")}
          send={t("comments.send")}
          onSend={(words) => comments.start(anchor, words)}
        />
      ) : null}
      {may ? null : <p className="comment-note">{t("comments.readOnly")}</p>}
    </section>
  );
}

interface TalkProps {
  readonly comments: Comments;
  readonly thread: Thread;
  readonly may: boolean;
}

function Talk({ comments, thread, may }: TalkProps) {
  const list = useRef<HTMLOListElement>(null);
  const length = thread.comments.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new comment is brought into sight
  useEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [length]);
  return (
    <ol className="talk" ref={list}>
      {thread.comments.map((comment) => (
        <Saying key={comment.comment_id} comments={comments} thread={thread} comment={comment} may={may} />
      ))}
    </ol>
  );
}

interface SayingProps extends TalkProps {
  readonly comment: Comment;
}

function Saying({ comments, thread, comment, may }: SayingProps) {
  const t = useWords();
  const moment = useMoments();
  const people = useStore(comments.store, (view) => view.people);
  const isOwner = useApp((state) => state.board?.role === "owner");
  const [editing, setEditing] = useState(false);
  const isMine = comment.author_id !== null && comment.author_id === comments.myUserId;
  const mentioned = people.filter(({ user_id }) => comment.mention.includes(user_id));
  const { thread_id: threadId } = thread;
  const items = [
    ...(isMine ? [{ text: t("comments.edit"), run: () => setEditing(true) }] : []),
    ...(isMine || isOwner
      ? [
          {
            text: t("comments.delete"),
            icon: "trash" as const,
            danger: true,
            run: () => void comments.remove(threadId, comment.comment_id),
          },
        ]
      : []),
  ];
  return (
    <li className="saying">
      <p className="saying-head">
        <strong>{comment.author_name ?? t("comments.gone")}</strong>
        <time dateTime={comment.written_at}>{moment(comment.written_at)}</time>
        {comment.edited_at === null ? null : <span>{t("comments.edited")}</span>}
        {may && items.length > 0 ? (
          <Menu label={t("comments.menu")} trigger={<Icon name="more" size={16} />} groups={[items]} />
        ) : null}
      </p>
      {editing ? (
        <Composer
          comments={comments}
          label={t("comments.write")}
          send={t("comments.save")}
          text={comment.text}
          mentioned={mentioned}
          onSend={async (words) => {
            const done = await comments.edit(threadId, comment.comment_id, words);
            setEditing(!done);
            return done;
          }}
        />
      ) : (
        <p className="saying-text">
          {partsOf(
            comment.text,
            mentioned.map(({ name }) => name),
          ).map((part, place) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no other name
            part.isMention ? <mark key={place}>{part.text}</mark> : part.text,
          )}
        </p>
      )}
    </li>
  );
}
