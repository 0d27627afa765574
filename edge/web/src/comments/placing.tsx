/** The comment tool in hand: the next click on the canvas says where. */

import { useEffect, useRef } from "react";
import { useWords } from "../state/words.ts";
import { anchorAt } from "./anchors.ts";
import type { Comments } from "./comments.ts";
import { onBoard, type Viewport } from "./viewport.ts";

interface PlacingProps {
  readonly comments: Comments;
  readonly viewport: Viewport;
}

export function Placing({ comments, viewport }: PlacingProps) {
  const t = useWords();
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => ref.current?.focus({ preventScroll: true }), []);
  const put = (event: React.MouseEvent<HTMLButtonElement>): void => {
    const view = viewport.get();
    const box = event.currentTarget.getBoundingClientRect();
    // A click by keyboard has no place.
    const isByKey = event.detail === 0;
    const pixel = isByKey
      ? { x: view.width / 2, y: view.height / 2 }
      : { x: event.clientX - box.left, y: event.clientY - box.top };
    comments.open({ anchor: anchorAt(onBoard(view, pixel), viewport.elements()) });
  };
  return (
    <button
      type="button"
      ref={ref}
      className="comment-placing"
      aria-label={t("comments.place")}
      onClick={put}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          comments.place(false);
        }
      }}
    />
  );
}
