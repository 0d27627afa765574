/** Above the canvas: the pins of threads, what is open beside one of them, and the list of all. */

import { useSyncExternalStore } from "react";
import { mayComment } from "../protocol/board-state.ts";
import { useApp } from "../state/app-store.ts";
import { useStore } from "../state/store.ts";
import { placeOf } from "./anchors.ts";
import type { Comments } from "./comments.ts";
import { Pins } from "./pins.tsx";
import { Placing } from "./placing.tsx";
import { ThreadCard } from "./thread-card.tsx";
import { ThreadList } from "./thread-list.tsx";
import { onScreen, type Viewport } from "./viewport.ts";

const CARD = { width: 320, height: 360 };
const LIST_WIDTH = 300;
// The pin stands to the right of its place, with its head above it.
const BESIDE = 44;
const MARGIN = 8;

export function CommentLayer({ comments }: { readonly comments: Comments }) {
  const viewport = useStore(comments.store, (view) => view.viewport);
  const placing = useStore(comments.store, (view) => view.placing);
  const listed = useStore(comments.store, (view) => view.listed);
  const may = useApp((state) => state.board !== null && mayComment(state.board.role));
  if (viewport === null) {
    return null;
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps the keys of what is inside from the canvas
    <div className="comment-layer" onKeyDown={keep} onKeyUp={keep} role="presentation">
      <Pins comments={comments} viewport={viewport} />
      {placing && may ? <Placing comments={comments} viewport={viewport} /> : null}
      <OpenCard comments={comments} viewport={viewport} may={may} />
      {listed ? <ThreadList comments={comments} viewport={viewport} /> : null}
    </div>
  );
}

/** What is typed into comments is no business of the canvas below, which listens to the whole page. */
function keep(event: React.SyntheticEvent): void {
  event.stopPropagation();
}

interface OpenCardProps {
  readonly comments: Comments;
  readonly viewport: Viewport;
  readonly may: boolean;
}

function OpenCard({ comments, viewport, may }: OpenCardProps) {
  const open = useStore(comments.store, (view) => view.open);
  const listed = useStore(comments.store, (view) => view.listed);
  const threads = useStore(comments.store, (view) => view.threads);
  const view = useSyncExternalStore(viewport.subscribe, viewport.get);
  if (open === null) {
    return null;
  }
  const thread = "threadId" in open ? threads.find(({ thread_id }) => thread_id === open.threadId) : null;
  if (thread === undefined || (thread === null && !may)) {
    return null;
  }
  const anchor = "anchor" in open ? open.anchor : thread?.anchor;
  const place = onScreen(view, anchor === undefined ? { x: 0, y: 0 } : placeOf(anchor, viewport.element));
  // Beside the list, where there is room for both.
  const beside = listed && view.width >= LIST_WIDTH + CARD.width + 2 * MARGIN ? LIST_WIDTH : 0;
  const right = view.width - beside;
  const fitsRight = place.x + BESIDE + CARD.width + MARGIN <= right;
  const left = fitsRight ? place.x + BESIDE : place.x - MARGIN - CARD.width;
  return (
    <div
      className="comment-card-place"
      style={{
        left: within(left, right - CARD.width - MARGIN),
        top: within(place.y - BESIDE, view.height - CARD.height - MARGIN),
      }}
    >
      <ThreadCard
        key={thread?.thread_id ?? "new"}
        comments={comments}
        thread={thread}
        anchor={anchor ?? null}
        may={may}
      />
    </div>
  );
}

function within(value: number, most: number): number {
  return Math.max(MARGIN, Math.min(value, most));
}
