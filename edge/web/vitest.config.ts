import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/tests/*.test.{ts,tsx}"],
    environment: "node",
    restoreMocks: true,
    server: { deps: { inline: [/@excalidraw\/excalidraw/] } },
  },
});
