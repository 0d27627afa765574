/** A short digest of a scene, to see whether two screens show the same. */

import type { BoardElement } from "../protocol/element.ts";

/** FNV-1a over `id:version:versionNonce` of the live elements, sorted; 8 hex digits. */
export function digest(elements: readonly BoardElement[]): { readonly count: number; readonly digest: string } {
  const lines = elements
    .filter((element) => !element.isDeleted)
    .map((element) => `${element.id}:${element.version}:${element.versionNonce}`)
    .sort();
  let hash = 0x811c9dc5;
  for (const character of lines.join("|")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return { count: lines.length, digest: (hash >>> 0).toString(16).padStart(8, "0") };
}
