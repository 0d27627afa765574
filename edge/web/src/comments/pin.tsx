/** One pin: it opens its thread; whoever may, drags it elsewhere or carries it by the arrow keys and Enter. */

import { memo, useRef } from "react";
import type { Thread } from "../api/comments.ts";
import { initials } from "../parts/avatar.tsx";
import { useWords } from "../state/words.ts";
import type { Point } from "./anchors.ts";
import { type Carried, draggedTo, type Grip, steppedTo } from "./carrying.ts";

const TOLD = 60;

/** What moves pins; always the same, so that a pin is not rendered for it. */
export interface Hand {
  /** Where a pin stands on the board. */
  standing(thread: Thread): Point;
  zoom(): number;
  /** Shown there, and told to nobody. `null`: given up. */
  carry(carried: Carried | null): void;
  put(carried: Carried): void;
}

interface PinProps {
  readonly thread: Thread;
  readonly unread: boolean;
  readonly open: boolean;
  /** `null`: it stays where it is. */
  readonly hand: Hand | null;
  /** The words that tell how it is moved. */
  readonly hintId: string;
  readonly onOpen: (threadId: string | null) => void;
}

export const Pin = memo(function OnePin({ thread, unread, open, hand, hintId, onOpen }: PinProps) {
  const t = useWords();
  const first = thread.comments[0];
  const name = first?.author_name ?? t("comments.gone");
  const text = (first?.text ?? "").slice(0, TOLD);
  const { dropped, ...moving } = useMoving(thread, hand);
  return (
    <button
      type="button"
      className={`pin ${unread ? "is-unread" : ""} ${thread.resolved ? "is-resolved" : ""}`}
      data-thread={thread.thread_id}
      data-movable={hand === null ? undefined : true}
      aria-expanded={open}
      aria-label={t(unread ? "comments.pin.unread" : "comments.pin", { name, text })}
      aria-describedby={hand === null ? undefined : hintId}
      {...moving}
      onClick={(event) => {
        // The click that ends a drag; one by keyboard has no place.
        if (event.detail === 0 || !dropped()) {
          onOpen(open ? null : thread.thread_id);
        }
      }}
    >
      <span aria-hidden="true">{initials(name)}</span>
    </button>
  );
});

type Moving = Pick<
  React.ComponentProps<"button">,
  "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onKeyDown" | "onBlur"
> & { readonly dropped: () => boolean };

function useMoving(thread: Thread, hand: Hand | null): Moving {
  const grip = useRef<Grip | null>(null);
  const place = useRef<Point | null>(null);
  const wasDropped = useRef(false);
  const dropped = (): boolean => wasDropped.current;
  if (hand === null) {
    return { dropped };
  }
  const threadId = thread.thread_id;
  const carry = (next: Point | null): void => {
    place.current = next;
    hand.carry(next === null ? null : { threadId, place: next });
  };
  const put = (): void => {
    const last = place.current;
    grip.current = null;
    place.current = null;
    if (last !== null) {
      hand.put({ threadId, place: last });
    }
  };
  const giveUp = (): void => {
    grip.current = null;
    if (place.current !== null) {
      carry(null);
    }
  };
  return {
    dropped,
    onPointerDown: (event) => {
      wasDropped.current = false;
      if (event.button === 0 && event.isPrimary) {
        grip.current = { from: hand.standing(thread), pointer: { x: event.clientX, y: event.clientY } };
        event.currentTarget.setPointerCapture(event.pointerId);
      }
    },
    onPointerMove: (event) => {
      if (grip.current === null) {
        return;
      }
      const next = draggedTo(grip.current, { x: event.clientX, y: event.clientY }, hand.zoom());
      if (next !== null || place.current !== null) {
        carry(next ?? grip.current.from);
      }
    },
    onPointerUp: () => {
      wasDropped.current = grip.current !== null && place.current !== null;
      put();
    },
    onPointerCancel: giveUp,
    onKeyDown: (event) => {
      const next = steppedTo(place.current ?? hand.standing(thread), event.key, event.shiftKey, hand.zoom());
      if (next !== null) {
        event.preventDefault();
        carry(next);
      } else if (place.current !== null && event.key === "Enter") {
        event.preventDefault();
        put();
      } else if (event.key === "Escape") {
        giveUp();
      }
    },
    // Whoever goes on to something else is done with it.
    onBlur: put,
  };
}
