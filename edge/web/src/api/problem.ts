/** How a request can fail: the server said no, or there was no server. */

import type { Code, Problem } from "../protocol/frames.ts";

export class ApiProblem extends Error {
  readonly code: Code;
  readonly status: number;
  readonly errors: readonly Problem[];
  readonly retryAfterSeconds: number | null;

  constructor(
    code: Code,
    status: number,
    detail: string,
    errors: readonly Problem[] = [],
    retryAfterSeconds: number | null = null,
  ) {
    super(detail);
    this.name = "ApiProblem";
    this.code = code;
    this.status = status;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the server names this part of the body. */
  at(path: string): boolean {
    return this.errors.some((error) => error.path === path);
  }
}

/** No answer at all. */
export class NetworkFault extends Error {
  constructor(cause: unknown) {
    super("no answer from the server", { cause });
    this.name = "NetworkFault";
  }
}

export function isProblem(error: unknown, code: Code): error is ApiProblem {
  return error instanceof ApiProblem && error.code === code;
}
