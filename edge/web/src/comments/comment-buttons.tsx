/** In the bar of a board: the tool that puts a comment, and the list of all of them. */

import { IconButton } from "../parts/button.tsx";
import { mayComment } from "../protocol/board-state.ts";
import { useApp } from "../state/app-store.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../state/words.ts";
import type { Comments } from "./comments.ts";

export function CommentButtons({ comments }: { readonly comments: Comments }) {
  const t = useWords();
  const placing = useStore(comments.store, (view) => view.placing);
  const listed = useStore(comments.store, (view) => view.listed);
  const unread = useStore(comments.store, (view) => view.unread.size);
  const may = useApp((state) => state.board !== null && mayComment(state.board.role));
  return (
    <span className="comment-buttons">
      {may ? (
        <IconButton
          icon="comment"
          label={t(placing ? "comments.add.hint" : "comments.add")}
          aria-pressed={placing}
          className="comment-tool"
          onClick={() => comments.place(!placing)}
        />
      ) : null}
      <span className="comment-list-button">
        <IconButton
          icon="comments"
          label={unread === 0 ? t("comments.list") : t("comments.list.unread", { n: unread })}
          aria-pressed={listed}
          onClick={() => comments.list(!listed)}
        />
        {unread === 0 ? null : <span className="unread-dot" data-unread={unread} aria-hidden="true" />}
      </span>
    </span>
  );
}
