/** Where to go on after signing in. */

/** Only addresses of our own: `//host` and schemes would lead elsewhere. */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}
