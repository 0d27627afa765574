import { expect, it } from "vitest";
import type { Bucket, PastOp } from "../../api/history.ts";
import { gestures } from "../gestures.ts";
import { LONGEST_PAUSE_MS, pauseMs, Replay } from "../replay.ts";
import { Timeline } from "../timeline.ts";

const START = Date.parse("2026-05-01T10:00:00Z");

function time(seconds: number): string {
  return new Date(START + seconds * 1000).toISOString();
}

function life(counts: readonly number[]): Timeline {
  let position: string | null = null;
  const buckets = counts.map((count, index): Bucket => {
    position = count > 0 ? `p${index}` : position;
    return { from: time(index), to: time(index + 1), count, actors: count > 0 ? [`u${count}`] : [], position };
  });
  return new Timeline(buckets);
}

function op(id: number, actor: string, seconds: number, data?: unknown): PastOp {
  return { position: `p${id}`, id: String(id), actor, time: time(seconds), type: "boards.draw", data };
}

it("A guest is called as he last called himself", () => {
  const [early, late] = life([1, 1]).buckets as readonly [Bucket, Bucket];

  const { guests } = new Timeline([
    { ...early, guests: { g: "Bo", h: "Eve" } },
    { ...late, guests: { g: "Boris" } },
  ]);

  expect([...guests]).toEqual([
    ["g", "Boris"],
    ["h", "Eve"],
  ]);
  expect(life([1]).guests.size).toBe(0);
});

it("A time belongs to the part it falls into, and the ends hold what is beyond", () => {
  const line = life([0, 2, 0, 1]);

  expect([START - 1, START, START + 1500, START + 3999, START + 9e9].map((at) => line.indexAt(at))).toEqual([
    0, 0, 1, 3, 3,
  ]);
});

it("Steps go from change to change, and stop at the ends", () => {
  const line = life([0, 2, 0, 0, 1, 0]);

  expect([line.neighbour(1, 1), line.neighbour(4, 1), line.neighbour(4, -1), line.neighbour(1, -1)]).toEqual([
    4, 5, 1, 0,
  ]);
});

it("The busiest part is the highest peak, a single stroke is still seen, and rest is none", () => {
  const peaks = life([0, 10_000, 0, 1]).peaks(4);

  expect(peaks.map((peak) => peak.start)).toEqual([0.25, 0.75]);
  expect(peaks[0]?.height).toBe(1);
  expect(peaks[1]?.height).toBeGreaterThan(0.05);
});

it("Everybody who did something is told once", () => {
  expect(life([1, 2, 1]).actors).toEqual(["u1", "u2"]);
});

it("Playing keeps the pace, faster, and waits for nothing long", () => {
  expect(pauseMs(null, time(9), 1)).toBe(0);
  expect(pauseMs(time(0), time(1), 10)).toBe(100);
  expect(pauseMs(time(0), time(3600), 60)).toBe(LONGEST_PAUSE_MS);
  expect(pauseMs(time(5), time(1), 1)).toBe(0);
});

it("What is played comes to what was drawn, tombstones go", () => {
  const element = { id: "a", type: "line", version: 1, versionNonce: 1, index: "a0", isDeleted: false };
  const replay = new Replay([element]);

  replay.apply(op(1, "u", 0, { elements: [{ ...element, id: "b" }] }));
  replay.apply(op(2, "u", 1, { elements: [{ ...element, version: 2, isDeleted: true }] }));

  expect(replay.living().map((each) => each.id)).toEqual(["b"]);
});

it("A shape that is pulled open is one thing done", () => {
  const ops = [op(5, "ada", 20), op(4, "ada", 10.2), op(3, "ada", 10.1), op(2, "bo", 10), op(1, "ada", 9.9)];

  expect(gestures(ops, 9).map((each) => each.id)).toEqual(["5", "4", "2", "1"]);
});
