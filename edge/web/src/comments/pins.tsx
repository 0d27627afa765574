/** The pins of open threads. They follow the view by three numbers on their layer: none of them is rendered again. */

import { useCallback, useId, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Thread } from "../api/comments.ts";
import { mayComment, mayDraw } from "../protocol/board-state.ts";
import { useApp } from "../state/app-store.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../state/words.ts";
import { anchorAt, type Point, placeOf } from "./anchors.ts";
import type { Carried } from "./carrying.ts";
import type { Comments } from "./comments.ts";
import { type Hand, Pin } from "./pin.tsx";
import type { Viewport } from "./viewport.ts";

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
  const role = useApp((state) => state.board?.role ?? "viewer");
  const hintId = useId();
  const [carried, setCarried] = useState<Carried | null>(null);
  const hand = useMemo<Hand>(
    () => ({
      standing: (thread) => placeOf(thread.anchor, viewport.element),
      zoom: () => viewport.get().zoom,
      carry: setCarried,
      put: ({ threadId, place }) => {
        setCarried(null);
        void comments.move(threadId, anchorAt(place, viewport.elements()));
      },
    }),
    [comments, viewport],
  );
  const show = useCallback(
    (threadId: string | null) => comments.open(threadId === null ? null : { threadId }),
    [comments],
  );
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
  // Who started a thread moves its pin, and who may draw.
  const mayMove = (thread: Thread): boolean =>
    mayDraw(role) || (mayComment(role) && thread.comments[0]?.author_id === comments.myUserId);
  const carriedTo = (thread: Thread): Point | null =>
    carried?.threadId === thread.thread_id && mayMove(thread) ? carried.place : null;
  const isDraft = open !== null && "anchor" in open;
  return (
    <ul className="pins" ref={layer} aria-label={t("comments.list")}>
      {placed.map(({ thread, place }) => (
        <li
          key={thread.thread_id}
          className={carriedTo(thread) === null ? undefined : "is-carried"}
          style={at(carriedTo(thread) ?? place)}
        >
          <Pin
            thread={thread}
            unread={unread.has(thread.thread_id)}
            open={thread.thread_id === openId}
            hand={mayMove(thread) ? hand : null}
            hintId={hintId}
            onOpen={show}
          />
        </li>
      ))}
      {isDraft ? (
        <li style={at(placeOf(open.anchor, viewport.element))}>
          <span className="pin is-draft" />
        </li>
      ) : null}
      <li id={hintId} hidden>
        {t("comments.pin.move")}
      </li>
    </ul>
  );
}

function at({ x, y }: Point): React.CSSProperties {
  return { "--x": x, "--y": y } as React.CSSProperties;
}
