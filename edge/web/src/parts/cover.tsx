/** The face of a board in the list: a sketch made of its id, always the same, until there are real thumbnails. */

import { memo } from "react";

const GROUNDS = 6;

/** A stream of numbers in [0, 1) from a text. */
function chances(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const character of seed) {
    state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  }
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    state ^= state >>> 15;
    return (state >>> 0) / 2 ** 32;
  };
}

function between(chance: number, low: number, high: number): number {
  return Math.round(low + chance * (high - low));
}

function shapes(seed: string): {
  readonly ground: number;
  readonly paths: readonly string[];
  readonly notes: readonly string[];
} {
  const next = chances(seed);
  const ground = Math.floor(next() * GROUNDS);
  const notes: string[] = [];
  const paths: string[] = [];
  const x = between(next(), 22, 60);
  const y = between(next(), 22, 44);
  notes.push(`M${x} ${y}h46v40h-46z`);
  if (next() > 0.4) {
    notes.push(`M${x + 58} ${y + between(next(), -8, 22)}h40v34h-40z`);
  }
  const from = [x + 50, y + between(next(), 10, 30)];
  const to = [between(next(), 150, 190), between(next(), 30, 95)];
  paths.push(
    `M${from[0]} ${from[1]}C${between(next(), 110, 140)} ${between(next(), 10, 110)} ${between(next(), 120, 150)} ${to[1]} ${to[0]} ${to[1]}`,
  );
  const radius = between(next(), 12, 20);
  const [cx, cy] = [(to[0] ?? 0) + radius + 6, to[1] ?? 0];
  paths.push(
    `M${cx - radius} ${cy}a${radius} ${radius - 2} 0 1 0 ${radius * 2} 0a${radius} ${radius} 0 1 0 ${-radius * 2} -1`,
  );
  const line = y + 10;
  paths.push(
    `M${x + 8} ${line}h${between(next(), 18, 30)}M${x + 8} ${line + 10}h${between(next(), 12, 28)}M${x + 8} ${line + 20}h${between(next(), 8, 24)}`,
  );
  if (next() > 0.5) {
    const wave = between(next(), 100, 118);
    paths.push(`M24 ${wave}c10-8 14 6 24 0s14 6 24 0 14 6 24 0`);
  }
  return { ground, paths, notes };
}

export const Cover = memo(function Cover({ seed }: { readonly seed: string }) {
  const { ground, paths, notes } = shapes(seed);
  return (
    <svg
      className="cover"
      data-ground={ground}
      viewBox="0 0 240 135"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      {notes.map((path) => (
        <path key={path} d={path} className="cover-note" />
      ))}
      {paths.map((path) => (
        <path key={path} d={path} className="cover-line" />
      ))}
    </svg>
  );
});
