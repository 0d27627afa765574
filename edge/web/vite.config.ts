import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import manifest from "./package.json" with { type: "json" };
import { editorAssets, isHelperChunk } from "./vite/editor-assets.ts";
import { editorRepairs } from "./vite/editor-repairs.ts";
import { licences } from "./vite/licences.ts";
import { precompress } from "./vite/precompress.ts";

// Where an edge listens while one works on the client with `npm run dev`.
const EDGE = process.env.DOSKA_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), editorAssets("assets-excalidraw"), editorRepairs(), licences("licences.txt"), precompress()],
  define: { __VERSION__: JSON.stringify(manifest.version) },
  server: { proxy: { "/api": EDGE, "/ws": { target: EDGE, ws: true } } },
  build: {
    target: "es2022",
    // A `data:` script or font would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    // The editor alone is 1.1 MB; it is loaded with the first board, not before.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/, priority: 30 },
            { name: "exc-runtime", test: (id: string) => isHelperChunk(id), priority: 40 },
          ],
        },
      },
    },
  },
});
