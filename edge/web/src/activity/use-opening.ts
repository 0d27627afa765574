/** Tells how long a person waited for a board. */

import { useEffect, useRef } from "react";
import { teller } from "./visit.ts";

export function useOpeningTold(boardId: string, isLive: boolean): void {
  const begun = useRef(performance.now());
  const isTold = useRef(false);
  useEffect(() => {
    if (isLive && !isTold.current) {
      isTold.current = true;
      const took_ms = Math.min(3_600_000, Math.round(performance.now() - begun.current));
      teller.tell({ type: "activity.timing_measured", data: { timing: "board_opened", took_ms, board_id: boardId } });
    }
  }, [boardId, isLive]);
}
