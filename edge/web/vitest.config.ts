import { defineConfig } from "vitest/config";
import { editorRepairs } from "./vite/editor-repairs.ts";

export default defineConfig({
  plugins: [editorRepairs()],
  define: { __VERSION__: JSON.stringify("0.0.0") },
  test: {
    include: ["src/**/tests/*.test.{ts,tsx}"],
    environment: "node",
    restoreMocks: true,
    // The whole editor is mounted in some tests; machines are slow at times.
    testTimeout: 60_000,
    server: { deps: { inline: [/@excalidraw\/excalidraw/] } },
  },
});
