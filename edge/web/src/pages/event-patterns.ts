/** Patterns of facts: everything, all of a domain, one. */

export const EVERYTHING = "*";

export function allOf(domain: string): string {
  return `${domain}.*`;
}

/** Types by their domain, both in order. */
export function domains(types: readonly string[]): readonly (readonly [string, readonly string[]])[] {
  const found = new Map<string, string[]>();
  for (const type of [...types].sort()) {
    const domain = type.slice(0, type.indexOf("."));
    found.set(domain, [...(found.get(domain) ?? []), type]);
  }
  return [...found];
}

/** With a pattern, or without it; all of a domain takes the place of its single ones. */
export function toggled(patterns: readonly string[], pattern: string): readonly string[] {
  if (patterns.includes(pattern)) {
    return patterns.filter((one) => one !== pattern);
  }
  const domain = pattern.endsWith(".*") ? pattern.slice(0, -1) : null;
  return [...patterns.filter((one) => domain === null || !one.startsWith(domain)), pattern];
}
