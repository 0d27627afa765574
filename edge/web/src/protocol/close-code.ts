/** What a closed socket means: the close-code table of the protocol. */

export type AfterClose =
  | { readonly what: "reconnect"; readonly delay: number }
  | { readonly what: "renew"; readonly delay: number }
  | { readonly what: "end"; readonly reason: "client_fault" | "signed_out" };

const FIRST_DELAY = 400;
const RESTART_SPREAD = 5_000;
// A server that died is back within seconds: nobody shall wait for it longer than after a restart that was announced.
const LONGEST_AT_FIRST = RESTART_SPREAD;
const AT_FIRST = 16;
const LONGEST_DELAY = 15_000;
const RATE_PAUSE = 30_000;

/**
 * Doubling from 0.4 s to 5 s in the first minute, 15 s after it, of which a random half to whole: clients of one edge do
 * not come back as one.
 */
export function backoff(attempt: number, random: number): number {
  const longest = attempt < AT_FIRST ? LONGEST_AT_FIRST : LONGEST_DELAY;
  const most = Math.min(longest, FIRST_DELAY * 2 ** Math.min(attempt, 10));
  return most * (0.5 + random / 2);
}

/** `attempt` counts the failures since a connection last held for a while; `random` is in [0, 1). */
export function afterClose(code: number, attempt: number, random: number): AfterClose {
  switch (code) {
    case 1001:
    case 1012:
      return {
        what: "reconnect",
        delay: Math.max(random * RESTART_SPREAD, attempt > 0 ? backoff(attempt, random) : 0),
      };
    case 1009:
    case 4400:
      return { what: "end", reason: "client_fault" };
    case 4401:
      return { what: "renew", delay: attempt > 0 ? backoff(attempt, random) : 0 };
    case 4429:
      return { what: "reconnect", delay: RATE_PAUSE * (1 + random / 10) };
    case 4440:
      return { what: "end", reason: "signed_out" };
    default:
      // 4408 (no hello in time), 4450 (too slow), 1006 (anything between here and the edge) and what is yet unknown.
      return { what: "reconnect", delay: backoff(attempt, random) };
  }
}
