/** A version as a small picture, drawn when it comes into sight. */

import { useEffect, useRef, useState } from "react";
import type { Caller } from "../api/caller.ts";
import { readState, type Version } from "../api/history.ts";
import { largestFiles } from "../pictures/picture.ts";
import type { Pictures } from "../pictures/pictures.ts";
import { isDark, useApp } from "../state/app-store.ts";

interface VersionPictureProps {
  readonly caller: Caller;
  readonly boardId: string;
  readonly version: Version;
  /** Those of the board: most of them are on the canvas beside it already. */
  readonly pictures: Pictures;
}

const SIZE = 240;
// Smaller ones are a few pixels here.
const PICTURES_MOST = 6;
// One at a time: each may be a whole board.
let queue: Promise<unknown> = Promise.resolve();

export function VersionPicture({ caller, boardId, version, pictures }: VersionPictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const dark = useApp(isDark);
  const [picture, setPicture] = useState<string | null>(null);
  const { position, elements } = version;

  useEffect(() => {
    let url: string | null = null;
    const leaving = new AbortController();
    const draw = async (): Promise<void> => {
      if (leaving.signal.aborted) {
        return;
      }
      const [state, { thumbnail }] = await Promise.all([
        readState(caller, boardId, position, leaving.signal),
        import("../editor/thumbnail.ts"),
      ]);
      const found = await Promise.all(largestFiles(state, PICTURES_MOST).map((id) => pictures.find(id)));
      url = await thumbnail(
        state,
        found.filter((one) => one !== null),
        { dark, size: SIZE },
      );
      if (leaving.signal.aborted) {
        revoke(url);
      } else {
        setPicture(url);
      }
    };
    const seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        seen.disconnect();
        // A picture is an extra: a version without one is still a version.
        queue = queue.then(draw).catch(() => undefined);
      }
    });
    if (frame.current !== null && elements > 0) {
      seen.observe(frame.current);
    }
    return () => {
      leaving.abort();
      seen.disconnect();
      revoke(url);
    };
  }, [caller, boardId, position, elements, dark, pictures]);

  return (
    <div className="version-picture" ref={frame} aria-hidden="true">
      {picture === null ? null : <img src={picture} alt="" />}
    </div>
  );
}

function revoke(url: string | null): void {
  if (url !== null) {
    URL.revokeObjectURL(url);
  }
}
