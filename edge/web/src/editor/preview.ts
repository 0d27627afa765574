/** A picture of elements for a list, drawn by the editor's package. Loaded apart from the pages. */

import type { Picture } from "../pictures/picture.ts";
import type { BoardElement } from "../protocol/element.ts";
import { filesOf } from "./excalidraw-surface.ts";
import { exportToBlob, restoreElements } from "./package.ts";

type Elements = Parameters<typeof restoreElements>[0];

const WIDEST = 640;

/**
 * As the address of an image that lives as long as the page. Pixels, not SVG: an image of that has only the fonts inside
 * of it, and the package cuts fonts down in a worker in a way that our Content-Security-Policy refuses.
 */
export async function preview(elements: readonly BoardElement[], pictures: readonly Picture[]): Promise<string> {
  const image = await exportToBlob({
    elements: restoreElements(elements as unknown as Elements, null).filter((element) => !element.isDeleted),
    appState: { exportBackground: true, viewBackgroundColor: "#ffffff" },
    files: filesOf(pictures),
    exportPadding: 24,
    mimeType: "image/png",
    maxWidthOrHeight: WIDEST,
  });
  return URL.createObjectURL(image);
}
