/** The editor's package has one door, and the protocol knows neither pages nor the browser's page. */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const SOURCES = resolve(import.meta.dirname, "..");
const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
const imports = (file: string): string[] =>
  [...readFileSync(resolve(SOURCES, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] as string,
  );

it("Only editor/package.ts imports the editor's package", () => {
  const importers = files.filter((file) => imports(file).some((name) => name.startsWith("@excalidraw/")));

  expect(importers).toEqual(["editor/package.ts"]);
});

it("Only the editor's folder goes through that door, so that other pages load without it", () => {
  const importers = files.filter((file) => imports(file).some((name) => name.endsWith("/package.ts")));

  expect(importers.filter((file) => !file.startsWith("editor/"))).toEqual([]);
});

it("The protocol imports nothing but itself and the generated types", () => {
  const others = files
    .filter((file) => file.startsWith("protocol/") && !file.includes("/tests/"))
    .flatMap((file) => imports(file).filter((name) => !name.startsWith("./") && name !== "../models.gen.ts"));

  expect(others).toEqual([]);
});

it("The scene can be tested with any editor: it does not know the package", () => {
  for (const file of ["scene.ts", "local-changes.ts", "known.ts", "comparison.ts", "element-rules.ts", "surface.ts"]) {
    expect(imports(`editor/${file}`)).not.toContain("./package.ts");
  }
});
