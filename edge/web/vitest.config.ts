import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { __VERSION__: JSON.stringify("0.0.0") },
  test: {
    include: ["src/**/tests/*.test.{ts,tsx}"],
    environment: "node",
    restoreMocks: true,
    server: { deps: { inline: [/@excalidraw\/excalidraw/] } },
  },
});
