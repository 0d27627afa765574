/** A person as a coloured disc with initials, or with the sign that they chose. */

import { inkOn } from "./color.ts";

const SHAPES: Readonly<Record<string, string>> = {
  circle: "●",
  square: "■",
  triangle: "▲",
  diamond: "◆",
  hexagon: "⬢",
  star: "★",
  heart: "♥",
};

/** What there is to choose from; the server also takes other emoji. */
export const AVATARS: readonly string[] = [
  "initials",
  ...Object.keys(SHAPES),
  "🦊",
  "🐻",
  "🐙",
  "🦉",
  "🌵",
  "🚀",
  "🎨",
];

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return (
    letters
      .map((word) => [...(word ?? "?")][0] ?? "")
      .join("")
      .toUpperCase() || "?"
  );
}

/** What stands in the disc. */
export function signText(name: string, sign: string): string {
  return sign === "initials" ? initials(name) : (SHAPES[sign] ?? sign);
}

interface AvatarProps {
  readonly name: string;
  readonly color: string;
  /** `initials`, a shape, or an emoji. */
  readonly sign?: string | undefined;
  readonly size?: "small" | "normal";
}

export function Avatar({ name, color, sign = "initials", size = "normal" }: AvatarProps) {
  return (
    <span
      className={`avatar is-${size} ${sign === "initials" ? "" : "is-sign"}`}
      style={{ "--person": color, "--on-person": inkOn(color) } as React.CSSProperties}
      aria-hidden="true"
    >
      {signText(name, sign)}
    </span>
  );
}
