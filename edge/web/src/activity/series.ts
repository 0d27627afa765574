/** What charts are drawn from: windows without gaps, and hours laid over a week. Pure, so that tests need no page. */

import type { Activity, ActivityWindow, By } from "../api/activity.ts";

const LENGTHS: Readonly<Record<By, number>> = { hour: 3_600_000, day: 86_400_000 };
const NOTHING = { people: 0, ops: 0, sessions: 0, peak: 0 } as const;

/** Every window of the range in order; one in which nobody was active is zero. */
export function whole({ by, from, to, items }: Pick<Activity, "by" | "from" | "to" | "items">): ActivityWindow[] {
  const known = new Map(items.map((item) => [Date.parse(item.start), item]));
  const found: ActivityWindow[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += LENGTHS[by]) {
    found.push(known.get(at) ?? { start: new Date(at).toISOString(), ...NOTHING });
  }
  return found;
}

/** By weekday (0 is Monday) and hour of the viewer's own time: ops and people who were active, added up. */
export function week(items: readonly ActivityWindow[], place: (time: Date) => readonly [number, number]): number[][] {
  const heat = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const item of items) {
    const [day, hour] = place(new Date(item.start));
    const row = heat[day];
    if (row !== undefined) {
      row[hour] = (row[hour] ?? 0) + item.people;
    }
  }
  return heat;
}

/** Where a time is in a week of the device's time zone. */
export function placeInWeek(time: Date): readonly [number, number] {
  return [(time.getDay() + 6) % 7, time.getHours()];
}

/** A line through values from left to right, highest at the top, in a box of that size. */
export function line(values: readonly number[], width: number, height: number, top: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map(
      (value, i) =>
        `${i === 0 ? "M" : "L"}${round(i * step)} ${round(height - (top > 0 ? (value / top) * height : 0))}`,
    )
    .join(" ");
}

/** A round number not below the highest value, so that a scale has something to say. */
export function ceiling(values: readonly number[]): number {
  const highest = Math.max(1, ...values);
  const unit = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((times) => times * unit).find((mark) => mark >= highest) ?? highest;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
