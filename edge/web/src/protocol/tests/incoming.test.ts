import { describe, expect, it } from "vitest";
import type { BoardElement } from "../element.ts";
import { indexIsValid, isEmptyText, isReceivable } from "../incoming.ts";
import { elementSchema } from "./schema-files.ts";

const examples = elementSchema().examples;
const first = (type: string): BoardElement => examples.find((example) => example.type === type) as BoardElement;

describe("What may reach the editor", () => {
  it.each(examples.map((example) => [example.type, example] as const))("a valid %s may", (_, example) => {
    expect(isReceivable(example)).toBe(true);
  });

  it.each(["a0", "Zz", "a1V", "b00", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "a0G"])("the index %s may", (index) => {
    expect(indexIsValid(index)).toBe(true);
  });

  // The editor throws `invalid order key` on most of these and then cannot open the board at all.
  it.each(["r00000000", "zz", "a!", "", "0a", "a", "a00", null, undefined, 7, `a0${"1".repeat(80)}`])(
    "the index %s may not",
    (index) => {
      expect(indexIsValid(index)).toBe(false);
      expect(isReceivable({ ...first("rectangle"), index: index as string })).toBe(false);
    },
  );

  it.each([
    ["points that are null", { ...first("line"), points: null }],
    ["a point without numbers", { ...first("freedraw"), points: [[0, "1"]] }],
    ["a point that is not finite", { ...first("arrow"), points: [[0, Number.NaN]] }],
    ["a text that is no string", { ...first("text"), text: 5 }],
    ["a place that is no number", { ...first("rectangle"), x: Number.NaN }],
    ["a width that is a word", { ...first("rectangle"), width: "abc" }],
    ["no id", { ...first("rectangle"), id: "" }],
  ])("%s may not", (_, element) => {
    expect(isReceivable(element as unknown as BoardElement)).toBe(false);
  });

  it("a text without text is told from others", () => {
    expect(isEmptyText({ type: "text", isDeleted: false, text: "" })).toBe(true);
    expect(isEmptyText({ type: "text", isDeleted: true, text: "" })).toBe(false);
    expect(isEmptyText({ type: "text", isDeleted: false, text: "a" })).toBe(false);
    expect(isEmptyText({ type: "rectangle", isDeleted: false })).toBe(false);
  });
});
