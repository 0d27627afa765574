/** Mends a fault of the editor's package while its code is read: pictures that stay grey. */

import type { Plugin } from "vite";

/**
 * The package keeps what it drew of an element by the element's object, grey where the picture is not decoded yet. Once
 * it is, it forgets the drawings of the objects that it knew when decoding began: an element that came or was replaced
 * meanwhile (by somebody else's op, by another moment of the past) stays grey until the zoom changes. So it must forget
 * the drawings of all that are on the scene by then.
 */
const FORGETTING = /(for ?\((?:let|const) (\w+) of )\w+(\)(?:\s*\{\s*if \()?\s*\w+\.has\(\2\.fileId\))/g;
const ALL = "this.scene.getNonDeletedElements()";
const PACKAGE = /@excalidraw[\\/]excalidraw[\\/]dist[\\/](?:prod|dev)[\\/]index\.js$/;

/** The package's main module, mended. Throws where it is not written as expected: another release. */
export function repaired(code: string): string {
  const places = code.match(FORGETTING)?.length ?? 0;
  if (places !== 1) {
    throw new Error(
      `the editor's package forgets drawings of pictures in ${places} places, not in one: see vite/editor-repairs.ts`,
    );
  }
  return code.replace(FORGETTING, `$1${ALL}$3`);
}

export function editorRepairs(): Plugin {
  return {
    name: "doska-editor-repairs",
    enforce: "pre",
    transform: (code, id) =>
      PACKAGE.test(id.split("?")[0] as string) ? { code: repaired(code), map: null } : undefined,
  };
}
