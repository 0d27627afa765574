import { describe, expect, it } from "vitest";
import { ceiling, line, week, whole } from "../series.ts";

const numbers = { people: 2, ops: 5, sessions: 1, peak: 2 };

describe("Charts", () => {
  it("show windows without anybody as zero", () => {
    const found = whole({
      by: "hour",
      from: "2026-05-04T10:00:00.000000Z",
      to: "2026-05-04T13:00:00.000000Z",
      items: [{ start: "2026-05-04T11:00:00.000000Z", ...numbers }],
    });

    expect(found.map(({ people }) => people)).toEqual([0, 2, 0]);
  });

  it("lay hours over a week", () => {
    const start = "2026-05-04T11:00:00.000000Z";
    const heat = week(
      [
        { start, ...numbers },
        { start, ...numbers },
      ],
      () => [6, 23],
    );

    expect(heat[6]?.[23]).toBe(4);
    expect(heat.flat().reduce((sum, one) => sum + one, 0)).toBe(4);
  });

  it("draw from left to right, the highest at the top", () => {
    expect(line([0, 10, 5], 100, 50, 10)).toBe("M0 50 L50 0 L100 25");
    expect(line([3], 100, 50, 10)).toBe("M0 35");
    expect(line([], 100, 50, 10)).toBe("");
  });

  it.each([
    [[], 1],
    [[0], 1],
    [[3], 5],
    [[10], 10],
    [[101], 200],
  ])("%j has a scale up to %d", (values, top) => expect(ceiling(values)).toBe(top));
});
