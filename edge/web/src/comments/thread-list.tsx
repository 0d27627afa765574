/** All threads of the board beside the canvas, open ones or those that are dealt with. */

import { useState } from "react";
import type { Thread } from "../api/comments.ts";
import { IconButton } from "../parts/button.tsx";
import { useStore } from "../state/store.ts";
import { useMoments, useWords } from "../state/words.ts";
import { placeOf } from "./anchors.ts";
import type { Comments } from "./comments.ts";
import type { Viewport } from "./viewport.ts";

interface ThreadListProps {
  readonly comments: Comments;
  readonly viewport: Viewport;
}

export function ThreadList({ comments, viewport }: ThreadListProps) {
  const t = useWords();
  const moment = useMoments();
  const threads = useStore(comments.store, (view) => view.threads);
  const unread = useStore(comments.store, (view) => view.unread);
  const [resolved, setResolved] = useState(false);
  const shown = threads.filter((thread) => thread.resolved === resolved);
  const go = (thread: Thread): void => {
    viewport.goTo(placeOf(thread.anchor, viewport.element));
    comments.open({ threadId: thread.thread_id });
  };
  return (
    <aside className="thread-list" aria-label={t("comments.list")}>
      <div className="comment-card-head">
        <h2>{t("comments.list")}</h2>
        <IconButton icon="close" label={t("common.close")} onClick={() => comments.list(false)} />
      </div>
      <fieldset className="thread-kinds">
        <legend className="sr-only">{t("comments.list")}</legend>
        {[false, true].map((each) => (
          <button key={String(each)} type="button" aria-pressed={resolved === each} onClick={() => setResolved(each)}>
            {t(each ? "comments.resolved" : "comments.open")}
          </button>
        ))}
      </fieldset>
      {shown.length === 0 ? (
        <p className="comment-note">{t(resolved ? "comments.none.resolved" : "comments.none")}</p>
      ) : (
        <ul>
          {shown.map((thread) => (
            <li key={thread.thread_id}>
              <button
                type="button"
                className={`thread-row ${unread.has(thread.thread_id) ? "is-unread" : ""}`}
                onClick={() => go(thread)}
              >
                <span className="saying-head">
                  <strong>{thread.comments[0]?.author_name ?? t("comments.gone")}</strong>
                  <time dateTime={thread.started_at}>{moment(thread.started_at)}</time>
                </span>
                <span className="thread-words">{thread.comments[0]?.text}</span>
                {thread.comments.length > 1 ? (
                  <span className="thread-replies">{t("comments.replies", { n: thread.comments.length - 1 })}</span>
                ) : null}
              </button>
            </li>
          ))}
        </ul>
      )}
    </aside>
  );
}
