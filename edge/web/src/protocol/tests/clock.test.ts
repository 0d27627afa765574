import { expect, it } from "vitest";
import { steady } from "../clock.ts";
import { Throttle } from "../throttle.ts";
import { FakeClock } from "./fake-clock.ts";

it("A clock that is put back goes on from where it was, and one that is put forward is followed", () => {
  let shown = 5_000;
  const now = steady(() => shown);
  const read = (next: number): number => {
    shown = next;
    return now();
  };

  expect([5_000, 6_000, 2_000, 2_500, 9_000, 8_000, 8_001].map(read)).toEqual([
    5_000, 6_000, 6_000, 6_500, 13_000, 13_000, 13_001,
  ]);
});

it("What is done at most once in a while is not put off by an hour when the clock is put back by one", async () => {
  const world = new FakeClock();
  let ahead = 0;
  let runs = 0;
  const clock = { now: steady(() => world.now() + ahead), after: world.after.bind(world), random: () => 0 };
  const throttle = new Throttle(
    clock,
    () => 66,
    () => {
      runs += 1;
    },
  );
  throttle.request();
  await world.pass(1_000);

  ahead = -3_600_000;
  throttle.request();
  await world.pass(100);

  expect(runs).toBe(2);
});
