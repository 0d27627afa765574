/** What this client says in its hello that it takes, and uses where the server's welcome names it too. */

/** Appended points as they are, not as whole elements. */
export const APPEND_POINTS = "append_points";

export const FEATURES: readonly string[] = [APPEND_POINTS];
