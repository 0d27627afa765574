/** People draw on machines that sleep, lie about the time and lose their network; at the end all hold what the log holds. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { play, stories } from "./stories/story.ts";

// More of them, and others: DOSKA_STORY_STEPS=1000000 DOSKA_STORY_SEED=7 npx vitest run src/board/tests/stories.test.ts
const STEPS = Number(process.env.DOSKA_STORY_STEPS ?? 10_000);
const SEED = Number(process.env.DOSKA_STORY_SEED ?? 1);
const STORIES_AT_ONCE = 20;

// Without these the stories would prove nothing.
const MUST_HAPPEN = [
  "boards.draw",
  "boards.append_points",
  "joined, with what was missed",
  "stale: window",
  "stale: epoch",
  "snapshot",
  "delta",
  "reset",
  "repeated",
  "too slow",
  "outcome unknown",
  "unavailable",
  "rate_limited",
  "whole in place of points",
  "a night",
  "a week",
];

it(`In ${STEPS} steps nothing is lost, nothing is called saved that is not, and all end with the same board`, async () => {
  const seen = new Map<string, number>();
  let steps = 0;
  for (let seed = SEED; steps < STEPS; seed += 1) {
    const property = fc.asyncProperty(stories, async (story) => {
      const played = await play(story);
      steps += story.steps.length;
      for (const [what, count] of played.seen) {
        seen.set(what, (seen.get(what) ?? 0) + count);
      }
      expect(played.faults).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: STORIES_AT_ONCE });
  }

  expect(MUST_HAPPEN.filter((what) => !seen.has(what))).toEqual([]);
}, 3_600_000);
