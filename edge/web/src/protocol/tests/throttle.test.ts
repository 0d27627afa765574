import { expect, it } from "vitest";
import { Throttle } from "../throttle.ts";
import { FakeClock } from "./fake-clock.ts";

it("The first request runs at once, the last of a burst runs too, and no two come closer than the interval", async () => {
  const clock = new FakeClock();
  const runs: number[] = [];
  const start = clock.now();
  const throttle = new Throttle(
    clock,
    () => 33,
    () => runs.push(clock.now() - start),
  );

  for (let n = 0; n < 10; n += 1) {
    throttle.request();
    await clock.pass(10);
  }
  await clock.pass(100);

  expect(runs).toEqual([0, 33, 66, 99]);
});

it("A flush runs now and takes the place of what was planned", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const throttle = new Throttle(
    clock,
    () => 50,
    () => {
      runs += 1;
    },
  );

  throttle.request();
  throttle.request();
  throttle.flush();
  await clock.pass(1000);

  expect(runs).toBe(2);
});

it("After a stop nothing planned runs", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const throttle = new Throttle(
    clock,
    () => 50,
    () => {
      runs += 1;
    },
  );

  throttle.request();
  throttle.request();
  throttle.stop();
  await clock.pass(1000);

  expect(runs).toBe(1);
});
