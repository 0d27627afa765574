/** Colours of people, and what can be read on them. */

const LIGHT = 0.3;

/** Relative luminance of `#rrggbb`, 0 to 1; unknown colours count as dark. */
function luminance(color: string): number {
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color)?.slice(1) ?? [];
  const [red = 0, green = 0, blue = 0] = parts.map((part) => {
    const value = Number.parseInt(part, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Dark letters on light colours, white ones on the others. */
export function inkOn(color: string): string {
  return luminance(color) > LIGHT ? "#1b2621" : "#ffffff";
}
