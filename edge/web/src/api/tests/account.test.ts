// @vitest-environment jsdom
/** Requests and tokens against a server that answers as a test tells it. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoAccess } from "../../protocol/credentials.ts";
import { Account } from "../account.ts";
import { Caller } from "../caller.ts";
import { GuestCredentials, guestBy, guestOf, openAsGuest } from "../guests.ts";
import { request } from "../http.ts";
import type { User } from "../models.ts";
import { type ApiProblem, NetworkFault } from "../problem.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly key: string | null;
  readonly body: unknown;
}

let asked: Asked[];
let answer: (asked: Asked) => Response | Promise<Response>;

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function problem(status: number, code: string, errors: unknown[] = [], headers: Record<string, string> = {}): Response {
  return json(status, { code, title: code, status, detail: code, errors }, headers);
}

const user: User = { user_id: "u", name: "Ann", color: "#123456", locale: "en", guest: false };

function signedIn(token: string): Response {
  return json(200, { user, session_id: "s", access_token: token, expires_in: 900 });
}

beforeEach(() => {
  localStorage.clear();
  asked = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const headers = init.headers as Headers;
    const one: Asked = {
      method: init.method ?? "GET",
      path,
      token: headers.get("Authorization")?.replace("Bearer ", "") ?? null,
      key: headers.get("Idempotency-Key"),
      body: typeof init.body === "string" ? JSON.parse(init.body) : null,
    };
    asked.push(one);
    return answer(one);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("A request", () => {
  it("that changes something is repeated with the same key when nothing or nobody knows what happened", async () => {
    vi.useFakeTimers();
    const answers = [problem(503, "unavailable"), problem(504, "outcome_unknown"), json(201, { ok: true })];
    answer = () => answers.shift() as Response;

    const done = request({ method: "POST", path: "/api/boards", body: { title: "x" } });
    await vi.advanceTimersByTimeAsync(10_000);

    expect(await done).toEqual({ ok: true });
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
    expect(asked[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is not repeated for ever", async () => {
    vi.useFakeTimers();
    answer = () => problem(503, "unavailable", [], { "Retry-After": "1" });

    const done = expect(request({ method: "GET", path: "/api/boards" })).rejects.toMatchObject({ code: "unavailable" });
    await vi.advanceTimersByTimeAsync(60_000);
    await done;

    expect(asked).toHaveLength(3);
  });

  it("tells a refusal with its paths, also one by something between here and the server", async () => {
    answer = () => problem(422, "schema_invalid", [{ path: "/title", message: "too long" }]);
    const refused = await request({ method: "GET", path: "/" }).catch((error: unknown) => error);
    expect((refused as ApiProblem).at("/title")).toBe(true);

    answer = () => new Response("<html>", { status: 404 });
    await expect(request({ method: "GET", path: "/" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("without an answer is the network's fault", async () => {
    answer = () => Promise.reject(new TypeError("failed"));

    await expect(request({ method: "GET", path: "/" })).rejects.toBeInstanceOf(NetworkFault);
  });
});

describe("An account", () => {
  it("asks for nothing on a first visit", async () => {
    await expect(new Account(() => undefined).current()).rejects.toBeInstanceOf(NoAccess);

    expect(asked).toEqual([]);
  });

  it("renews its token once, however many ask at the same time, and repeats what was refused", async () => {
    const account = new Account(() => undefined);
    let refreshes = 0;
    answer = ({ path, token }) => {
      if (path === "/api/auth/login") {
        return signedIn("old");
      }
      if (path === "/api/auth/refresh") {
        refreshes += 1;
        return signedIn("new");
      }
      return token === "new" ? json(200, { token }) : problem(401, "unauthenticated");
    };
    await account.signIn("a@b.c", "password");
    const caller = new Caller(account);

    const answers = await Promise.all([1, 2, 3].map((n) => caller.request({ method: "GET", path: `/api/${n}` })));

    expect(answers).toEqual([{ token: "new" }, { token: "new" }, { token: "new" }]);
    expect(refreshes).toBe(1);
  });

  it("looks for the session that a provider's visitor came back with, also on a first visit", async () => {
    const users: (User | null)[] = [];
    const account = new Account((one) => users.push(one));
    answer = () => signedIn("from a cookie");

    account.expectSession();

    expect((await account.current()).token).toBe("from a cookie");
    expect(asked.map(({ path }) => path)).toEqual(["/api/auth/refresh"]);
    expect(users).toEqual([user]);
  });

  it("tells when its session was closed elsewhere, and not when one signs out oneself", async () => {
    let ended = 0;
    const account = new Account(
      () => undefined,
      () => {
        ended += 1;
      },
    );
    answer = () => signedIn("first");
    await account.signIn("a@example.org", "password");
    await account.signOut();
    expect(ended).toBe(0);

    await account.signIn("a@example.org", "password");
    answer = () => problem(401, "unauthenticated");
    await expect(account.renew("first")).rejects.toThrow();

    expect(ended).toBe(1);
  });

  it("is signed out when its session has ended, and says so", async () => {
    const users: (User | null)[] = [];
    const account = new Account((one) => users.push(one));
    answer = ({ path }) => (path === "/api/auth/login" ? signedIn("old") : problem(401, "unauthenticated"));
    await account.signIn("a@b.c", "password");

    await expect(account.renew("old")).rejects.toMatchObject({ reason: "signed_out" });

    expect(users).toEqual([user, null]);
    expect(account.mayBeSignedIn).toBe(false);
  });

  it("stays signed in while the network is away", async () => {
    const account = new Account(() => undefined);
    answer = ({ path }) => (path === "/api/auth/login" ? signedIn("old") : Promise.reject(new TypeError("failed")));
    await account.signIn("a@b.c", "password");

    await expect(account.renew("old")).rejects.toBeInstanceOf(NetworkFault);

    expect(account.mayBeSignedIn).toBe(true);
  });
});

describe("A guest", () => {
  const opened = (token: string): Response =>
    json(200, { board_id: "b", role: "editor", access_token: token, expires_in: 900 });

  it("is remembered by board and by link, and comes again with the old token", async () => {
    answer = ({ token }) => opened(token === null ? "first" : "second");
    await openAsGuest("link", "Ann", null);

    const again = await openAsGuest("link", null, null);

    expect(asked.map(({ token, body }) => [token, body])).toEqual([
      [null, { name: "Ann" }],
      ["first", {}],
    ]);
    expect(again).toMatchObject({ boardId: "b", name: "Ann", token: { token: "second" } });
    expect(guestOf("b")).toEqual(guestBy("link"));
  });

  it("whose old token is not taken any more is a new one", async () => {
    answer = () => opened("first");
    await openAsGuest("link", "Ann", null);
    answer = ({ token }) => (token === null ? opened("fresh") : problem(401, "unauthenticated"));

    expect((await openAsGuest("link", "Ann", null)).token.token).toBe("fresh");
  });

  it("renews the token of a protected link with the password, which is kept nowhere but in memory", async () => {
    answer = () => opened("first");
    const guest = await openAsGuest("protected", "Ann", "sesame");
    answer = ({ body }) =>
      (body as { password?: string }).password === "sesame"
        ? opened("second")
        : problem(403, "forbidden", [{ path: "/password", message: "wrong" }]);

    expect((await new GuestCredentials(guest).renew("first")).token).toBe("second");
    expect(JSON.stringify({ ...localStorage })).not.toContain("sesame");
  });

  it.each([
    [410, "gone", "gone"],
    [404, "not_found", "gone"],
    [403, "forbidden", "password"],
  ])("whose link answers %i has no access: %s", async (status, code, reason) => {
    answer = () => opened("first");
    const guest = await openAsGuest("link", "Ann", null);
    answer = () => problem(status, code);

    await expect(new GuestCredentials(guest).renew("first")).rejects.toMatchObject({ reason });
  });
});
