/** A small picture of some elements. */

import type { Picture } from "../pictures/picture.ts";
import type { BoardElement } from "../protocol/element.ts";
import { filesOf } from "./excalidraw-surface.ts";
import { type ExcalidrawElement, exportToBlob, restoreElements } from "./package.ts";

const PADDING = 12;

/** An address of the picture, to be revoked; `null` where there is nothing to be seen. */
export async function thumbnail(
  elements: readonly BoardElement[],
  pictures: readonly Picture[],
  { dark, size }: { readonly dark: boolean; readonly size: number },
): Promise<string | null> {
  const alive = elements.filter((element) => !element.isDeleted && element.type !== "embeddable");
  if (alive.length === 0) {
    return null;
  }
  const blob = await exportToBlob({
    elements: restoreElements(alive as unknown as readonly ExcalidrawElement[], null),
    appState: { exportBackground: false, exportWithDarkMode: dark },
    files: filesOf(pictures),
    mimeType: "image/png",
    maxWidthOrHeight: size,
    exportPadding: PADDING,
  });
  return URL.createObjectURL(blob);
}
