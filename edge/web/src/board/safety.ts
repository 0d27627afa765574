/** Whether what one did is safe, in one word: what the bar says. */

import { mayDraw } from "../protocol/board-state.ts";
import type { BoardView } from "./board-view.ts";

export type Safety = "offline" | "connecting" | "viewing" | "ended" | "saving" | "saved";

/** `isOffline`: without the room for longer than a moment. */
export function safetyOf(
  { phase, unsaved, role }: Pick<BoardView, "phase" | "unsaved" | "role">,
  isOffline: boolean,
): Safety {
  if (isOffline) {
    return "offline";
  }
  if (phase.name === "loading") {
    return "connecting";
  }
  if (!mayDraw(role)) {
    return "viewing";
  }
  if (phase.name === "ended") {
    return "ended";
  }
  return unsaved > 0 ? "saving" : "saved";
}
