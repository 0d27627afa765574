/** A picture of elements for a list, drawn by the editor's package. Loaded apart from the pages. */

import type { BoardElement } from "../protocol/element.ts";
import { exportToSvg, restoreElements } from "./package.ts";

type Elements = Parameters<typeof restoreElements>[0];

/** As the address of an image that lives as long as the page. */
export async function preview(elements: readonly BoardElement[]): Promise<string> {
  const svg = await exportToSvg({
    elements: restoreElements(elements as unknown as Elements, null).filter((element) => !element.isDeleted),
    appState: { exportBackground: true, viewBackgroundColor: "#ffffff" },
    files: null,
    exportPadding: 24,
  });
  return URL.createObjectURL(new Blob([svg.outerHTML], { type: "image/svg+xml" }));
}
