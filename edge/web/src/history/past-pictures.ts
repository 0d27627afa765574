/** The pictures of a board's past: on its canvas, and small in the list of versions. */

import { useEffect, useMemo } from "react";
import type { Caller } from "../api/caller.ts";
import { Pictures, type PicturesListener } from "../pictures/pictures.ts";
import { apiFiles } from "../pictures/source.ts";
import { systemClock } from "../protocol/clock.ts";

/** Nothing is uploaded from a canvas that only shows. */
const NO_UPLOADS: PicturesListener = { onReady: () => undefined, onRefused: () => undefined };

export function usePastPictures(caller: Caller, boardId: string): Pictures {
  const pictures = useMemo(() => new Pictures(apiFiles(caller, boardId), systemClock, NO_UPLOADS), [caller, boardId]);
  useEffect(() => () => pictures.stop(), [pictures]);
  return pictures;
}
