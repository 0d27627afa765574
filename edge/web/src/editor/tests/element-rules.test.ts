import { describe, expect, it } from "vitest";
import type { BoardElement } from "../../protocol/element.ts";
import { isLongStroke } from "../element-rules.ts";

function stroke(points: number, changes: Partial<BoardElement> = {}): BoardElement {
  return {
    id: "s",
    type: "freedraw",
    version: 1,
    versionNonce: 1,
    index: "a0",
    isDeleted: false,
    points: Array.from({ length: points }, (_, n) => [n, n]),
    pressures: [],
    lastCommittedPoint: null,
    ...changes,
  };
}

describe("A stroke that is sent less often", () => {
  it("is one that has grown for a while and is still under the pen", () => {
    expect(isLongStroke(stroke(21))).toBe(true);
    expect(isLongStroke(stroke(20))).toBe(false);
    expect(isLongStroke(stroke(21, { lastCommittedPoint: [1, 1] }))).toBe(false);
    expect(isLongStroke(stroke(21, { type: "line" }))).toBe(false);
    expect(isLongStroke(stroke(21, { isDeleted: true }))).toBe(false);
  });
});
