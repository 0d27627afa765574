/** A failed request in words for people. */

import { ApiProblem, NetworkFault } from "../api/problem.ts";
import { NoAccess } from "../protocol/credentials.ts";
import type { Code } from "../protocol/frames.ts";
import type { Key, Translate } from "./translate.ts";

const KEYS: Readonly<Partial<Record<Code, Key>>> = {
  unavailable: "error.unavailable",
  rate_limited: "error.rate",
  conflict: "error.conflict",
  forbidden: "error.forbidden",
  not_found: "error.notFound",
  gone: "error.notFound",
  outcome_unknown: "error.unknown",
  too_large: "error.tooLarge",
  schema_invalid: "error.invalid",
  malformed: "error.invalid",
  unauthenticated: "auth.signedOut",
};

export function faultWords(t: Translate, error: unknown): string {
  if (error instanceof NetworkFault) {
    return t("error.network");
  }
  if (error instanceof NoAccess) {
    return t("auth.signedOut");
  }
  return t((error instanceof ApiProblem ? KEYS[error.code] : undefined) ?? "error.internal");
}
