// @vitest-environment jsdom
import { expect, test } from "vitest";
import { bytesOf, dataUrlOf, largestFiles, nameOf } from "../picture.ts";

test("bytes come out of a data address as they went in", async () => {
  const bytes = Uint8Array.from([0, 1, 127, 128, 255]);

  const url = await dataUrlOf(new Blob([bytes], { type: "image/png" }));

  expect(url.startsWith("data:image/png;base64,")).toBe(true);
  expect(bytesOf(url)).toEqual(bytes);
  expect(new TextDecoder().decode(bytesOf("data:image/svg+xml,%3Csvg/%3E"))).toBe("<svg/>");
});

test.each([
  ["birds.png", "birds.png"],
  ["../../etc/passwd", ".. .. etc passwd"],
  ["birds\u202egnp.exe", "birds gnp.exe"],
  ["..", "picture.png"],
  ["", "picture.png"],
  [" \n ", "picture.png"],
  [`${"ы".repeat(300)}.png`, "ы".repeat(200)],
])("a file called %j is asked for by a name that the server takes", (name, expected) => {
  expect(nameOf(name, "image/png")).toBe(expected);
});

test("the pictures that take the most room come first, each once", () => {
  const image = (fileId: string, width: number) => ({
    ...{ id: fileId, type: "image", version: 1, versionNonce: 1, index: "a0", isDeleted: false },
    ...{ fileId, width, height: 10 },
  });

  const file = (letter: string) => `01980c5e-003${letter}-7a10-8f2e-3c4d5e6f7081`;
  const elements = [image(file("a"), 1), image(file("b"), 3), image(file("a"), 2), image(file("c"), 1), image("ab", 9)];

  expect(largestFiles(elements, 2)).toEqual([file("b"), file("a")]);
});
