/** The pins of open threads. They follow the view by three numbers on their layer: none of them is rendered again. */

import { memo, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { Thread } from "../api/comments.ts";
import { initials } from "../parts/avatar.tsx";
import { useStore } from "../state/store.ts";
import { useWords } from "../state/words.ts";
import { placeOf } from "./anchors.ts";
import type { Comments } from "./comments.ts";
import type { Viewport } from "./viewport.ts";

const TOLD = 60;

interface PinsProps {
  readonly comments: Comments;
  readonly viewport: Viewport;
}

export function Pins({ comments, viewport }: PinsProps) {
  const t = useWords();
  const layer = useRef<HTMLUListElement>(null);
  const threads = useStore(comments.store, (view) => view.threads);
  const unread = useStore(comments.store, (view) => view.unread);
  const open = useStore(comments.store, (view) => view.open);
  const drawn = useSyncExternalStore(viewport.subscribe, () => viewport.get().drawn);
  const openId = open !== null && "threadId" in open ? open.threadId : null;
  useLayoutEffect(() => {
    const move = (): void => {
      const { scrollX, scrollY, zoom } = viewport.get();
      const style = layer.current?.style;
      style?.setProperty("--scroll-x", String(scrollX));
      style?.setProperty("--scroll-y", String(scrollY));
      style?.setProperty("--zoom", String(zoom));
    };
    move();
    return viewport.subscribe(move);
  }, [viewport]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: elements that moved take their pins along
  const placed = useMemo(
    () =>
      threads
        .filter((thread) => !thread.resolved || thread.thread_id === openId)
        .map((thread) => ({ thread, place: placeOf(thread.anchor, viewport.element) })),
    [threads, openId, drawn, viewport],
  );
  const isDraft = open !== null && "anchor" in open;
  return (
    <ul className="pins" ref={layer} aria-label={t("comments.list")}>
      {placed.map(({ thread, place }) => (
        <li key={thread.thread_id} style={{ "--x": place.x, "--y": place.y } as React.CSSProperties}>
          <Pin
            thread={thread}
            unread={unread.has(thread.thread_id)}
            open={thread.thread_id === openId}
            comments={comments}
          />
        </li>
      ))}
      {isDraft ? (
        <li style={draftStyle(placeOf(open.anchor, viewport.element))}>
          <span className="pin is-draft" />
        </li>
      ) : null}
    </ul>
  );
}

function draftStyle({ x, y }: { readonly x: number; readonly y: number }): React.CSSProperties {
  return { "--x": x, "--y": y } as React.CSSProperties;
}

interface PinProps {
  readonly thread: Thread;
  readonly unread: boolean;
  readonly open: boolean;
  readonly comments: Comments;
}

const Pin = memo(function OnePin({ thread, unread, open, comments }: PinProps) {
  const t = useWords();
  const first = thread.comments[0];
  const name = first?.author_name ?? t("comments.gone");
  const text = (first?.text ?? "").slice(0, TOLD);
  return (
    <button
      type="button"
      className={`pin ${unread ? "is-unread" : ""} ${thread.resolved ? "is-resolved" : ""}`}
      data-thread={thread.thread_id}
      aria-expanded={open}
      aria-label={t(unread ? "comments.pin.unread" : "comments.pin", { name, text })}
      onClick={() => comments.open(open ? null : { threadId: thread.thread_id })}
    >
      <span aria-hidden="true">{initials(name)}</span>
    </button>
  );
});
