import Ajv from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { BoardElement } from "../element.ts";
import { embedIsAllowed, linkIsSafe } from "../link.ts";
import { hasUnsafeLink, project } from "../outgoing.ts";
import { elementSchema } from "./schema-files.ts";

const schema = elementSchema();
const ajv = new Ajv({ strict: false });
const isValid = ajv.compile(JSON.parse(JSON.stringify(schema)));
const byType = (type: string): BoardElement => {
  const found = schema.examples.find((example) => example.type === type);
  if (found === undefined) {
    throw new Error(`the schema has no example of ${type}`);
  }
  return structuredClone(found);
};

describe("What leaves for the server", () => {
  it.each(schema.examples.map((example) => [example.type, example] as const))(
    "keeps all of a valid %s",
    (_, example) => {
      const sent = project(example) as BoardElement;

      expect(Object.keys(sent).sort()).toEqual(expect.arrayContaining(Object.keys(example).sort()));
      expect(isValid(sent), ajv.errorsText(isValid.errors)).toBe(true);
    },
  );

  it("loses the fields that other hosts put into a pasted element, at every depth", () => {
    const pasted = {
      ...byType("arrow"),
      strokeSharpness: "round",
      rawText: "x",
      hostData: { a: 1 },
      startBinding: { elementId: "a", focus: 0, gap: 1, mode: "orbit" },
      boundElements: [{ id: "t", type: "text", extra: 1 }],
      roundness: { type: 2, extra: 1 },
    };

    const sent = project(pasted) as BoardElement;

    expect(isValid(sent), ajv.errorsText(isValid.errors)).toBe(true);
    expect(sent).not.toHaveProperty("hostData");
  });

  it("fills in what elements of older editors lack", () => {
    const { frameId, link, roundness, lastCommittedPoint, ...old } = byType("line");

    const sent = project(old as unknown as BoardElement) as BoardElement;

    expect(isValid(sent), ajv.errorsText(isValid.errors)).toBe(true);
  });

  it("is nothing for a type that boards do not have", () => {
    expect(project({ ...byType("rectangle"), type: "iframe" })).toBeNull();
    expect(project({ ...byType("rectangle"), type: "magicframe" })).toBeNull();
    expect(project({ ...byType("rectangle"), type: "selection" })).toBeNull();
  });

  it("rounds a stroke to hundredths and leaves the editor's own points alone", () => {
    const stroke = { ...byType("freedraw"), points: [[0.123456, 1.987654]], pressures: [0.123456] };

    const sent = project(stroke) as BoardElement;

    expect(sent.points).toEqual([[0.12, 1.99]]);
    expect(sent.pressures).toEqual([0.123]);
    expect(stroke.points).toEqual([[0.123456, 1.987654]]);
  });

  it("thins a stroke of more points than an element may have, and keeps its end", () => {
    const points = Array.from({ length: 25_001 }, (_, n) => [n, n]);
    const stroke = { ...byType("freedraw"), points, pressures: points.map(() => 0.5) };

    const sent = project(stroke) as BoardElement & { points: number[][]; pressures: number[] };

    expect(sent.points.length).toBeLessThanOrEqual(10_000);
    expect(sent.points.length).toBe(sent.pressures.length);
    expect(sent.points.at(-1)).toEqual([25_000, 25_000]);
    expect(isValid(sent), ajv.errorsText(isValid.errors)).toBe(true);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "&#106;avascript:alert(1)",
    "vbscript:x",
    "java%73cript:x",
  ])("has no link %s", (link) => {
    const sent = project({ ...byType("rectangle"), link }) as BoardElement;

    expect(sent.link).toBeNull();
    expect(hasUnsafeLink({ ...byType("rectangle"), link })).toBe(true);
    expect(isValid(sent)).toBe(true);
  });

  it.each([
    "https://example.org/a?b#c",
    "mailto:a@example.org",
    "tel:+123",
    "/b/1",
    "example.org",
    "localhost:8080/x",
    "#part",
    "",
  ])("keeps the link %s", (link) => {
    expect(linkIsSafe(link)).toBe(true);
    expect(isValid(project({ ...byType("rectangle"), link }))).toBe(true);
  });
});

describe("An embed is shown", () => {
  const hosts = ["video.example", "*.maps.example"];

  it.each([
    ["https://video.example/watch", true],
    ["video.example/watch", true],
    ["https://VIDEO.example/", true],
    ["https://eu.maps.example/", true],
    ["https://maps.example/", false],
    ["https://evilmaps.example/", false],
    ["http://video.example/", false],
    ["https://video.example.evil.example/", false],
    ["https://user@video.example/", false],
    ["https://evil.example/?video.example", false],
    ["javascript:alert(1)", false],
    ["https://", false],
  ])("%s: %s", (link, allowed) => {
    expect(embedIsAllowed(link, hosts)).toBe(allowed);
  });
});
