/** A person as a coloured disc with initials. */

import { inkOn } from "./color.ts";

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

interface AvatarProps {
  readonly name: string;
  readonly color: string;
  readonly size?: "small" | "normal";
}

export function Avatar({ name, color, size = "normal" }: AvatarProps) {
  return (
    <span
      className={`avatar is-${size}`}
      style={{ "--person": color, "--on-person": inkOn(color) } as React.CSSProperties}
      aria-hidden="true"
    >
      {initials(name)}
    </span>
  );
}
