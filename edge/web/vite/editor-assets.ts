/** What the editor's package needs of a build: its fonts beside us, and no other host in its code. */

import { readdirSync, statSync } from "node:fs";
import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const PACKAGE = resolve(import.meta.dirname, "../node_modules/@excalidraw/excalidraw/dist/prod");
const SMALL_CHUNK_BYTES = 4096;

/** Its code falls back to this host for fonts; each font face would name it, even when it is never asked. */
const OTHER_HOST = "https://esm.sh/";
// It stands inside of a template literal.
const NOWHERE = "$" + "{location.origin}/assets-missing/";

/**
 * Helper chunks of the package. Folded into the editor's own chunk they would drag `window` into the worker that
 * subsets fonts, and every export of an SVG would fall back to the main thread.
 */
export function isHelperChunk(id: string): boolean {
  return helperChunks.some((name) => id.endsWith(`/${name}`));
}

const helperChunks = readdirSync(PACKAGE).filter(
  (name) => /^chunk-.*\.js$/.test(name) && statSync(resolve(PACKAGE, name)).size < SMALL_CHUNK_BYTES,
);

export function editorAssets(folder: string): Plugin {
  let outDir = "dist";
  return {
    name: "doska-editor-assets",
    apply: "build",
    enforce: "pre",
    configResolved: (config) => {
      outDir = resolve(config.root, config.build.outDir);
    },
    transform: (code, id) =>
      id.includes("@excalidraw/excalidraw/dist/prod") && code.includes(OTHER_HOST)
        ? { code: code.replaceAll(OTHER_HOST, NOWHERE), map: null }
        : undefined,
    writeBundle: () => cp(resolve(PACKAGE, "fonts"), resolve(outDir, folder, "fonts"), { recursive: true }),
  };
}
