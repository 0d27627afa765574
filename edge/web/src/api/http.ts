/** One request to the API: JSON in and out, problems as errors, repeated where that is safe. */

import type { Code, Problem } from "../protocol/frames.ts";
import { ApiProblem, NetworkFault } from "./problem.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Sent with its name as the one part of a form, instead of JSON. */
  readonly file?: File;
  readonly token?: string | null;
  readonly signal?: AbortSignal;
  /** Goes on also when the page is left. */
  readonly keepalive?: boolean;
}

const ATTEMPTS = 3;
const LONGEST_WAIT_SECONDS = 5;
const DEFAULT_WAIT_SECONDS = 1;

/** 32 hex digits; `crypto.randomUUID` exists only where the page came by https or from the own machine. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The answer's body. Writes carry one key over all attempts, so that a repeated one happens once. */
export async function request<T>(call: Call): Promise<T> {
  return (await respond(call)).json() as Promise<T>;
}

export interface Dated<T> {
  readonly body: T;
  /** When it was given, by the server's clock; `null` where nobody says. */
  readonly time: number | null;
}

export async function dated<T>(call: Call): Promise<Dated<T>> {
  const answer = await respond(call);
  const time = Date.parse(answer.headers.get("Date") ?? "");
  return { body: (await answer.json()) as T, time: Number.isNaN(time) ? null : time };
}

/** For answers without a body. */
export async function perform(call: Call): Promise<void> {
  await respond(call);
}

/** The answer's bytes. */
export async function download(call: Call): Promise<Blob> {
  return (await respond(call)).blob();
}

async function respond(call: Call): Promise<Response> {
  const key = call.method === "GET" ? null : randomKey();
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(call, key);
    if (answer.ok) {
      return answer;
    }
    const problem = await problemOf(answer);
    const again = problem.code === "unavailable" || problem.code === "outcome_unknown";
    if (!again || attempt >= ATTEMPTS || call.signal?.aborted) {
      throw problem;
    }
    const seconds = Math.min(LONGEST_WAIT_SECONDS, problem.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

async function once(call: Call, key: string | null): Promise<Response> {
  const headers = new Headers();
  if (call.token) {
    headers.set("Authorization", `Bearer ${call.token}`);
  }
  if (key !== null) {
    headers.set("Idempotency-Key", key);
  }
  let body: BodyInit | null = null;
  if (call.file !== undefined) {
    body = new FormData();
    body.set("file", call.file, call.file.name);
  } else if (call.body !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(call.body);
  }
  try {
    return await fetch(call.path, {
      method: call.method,
      headers,
      body,
      signal: call.signal ?? null,
      keepalive: call.keepalive ?? false,
    });
  } catch (error) {
    if (call.signal?.aborted) {
      throw error;
    }
    throw new NetworkFault(error);
  }
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  const wait = Number(answer.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  try {
    const problem = (await answer.json()) as { code?: Code; detail?: string; title?: string; errors?: Problem[] };
    const detail = problem.detail ?? problem.title ?? "";
    return new ApiProblem(
      problem.code ?? codeOf(answer.status),
      answer.status,
      detail,
      problem.errors ?? [],
      retryAfter,
    );
  } catch {
    // Something between here and the edge answered.
    return new ApiProblem(codeOf(answer.status), answer.status, answer.statusText, [], retryAfter);
  }
}

const CODES: Readonly<Record<number, Code>> = {
  400: "malformed",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  410: "gone",
  413: "too_large",
  415: "unsupported_media_type",
  422: "schema_invalid",
  429: "rate_limited",
  502: "unavailable",
  503: "unavailable",
  504: "outcome_unknown",
};

function codeOf(status: number): Code {
  return CODES[status] ?? "internal";
}
