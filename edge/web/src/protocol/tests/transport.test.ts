import { describe, expect, it } from "vitest";
import { afterClose } from "../close-code.ts";
import { type Credentials, NoAccess, type Token } from "../credentials.ts";
import type { ServerFrame } from "../frames.ts";
import { Transport, type TransportState } from "../transport.ts";
import { FakeClock } from "./fake-clock.ts";
import { ServerDouble } from "./server-double.ts";

const MINUTE = 60_000;

function given(options: { tokenSeconds?: number; renew?: () => Promise<Token> } = {}) {
  const clock = new FakeClock();
  const server = new ServerDouble(clock);
  const states: TransportState[] = [];
  const frames: [ServerFrame, boolean][] = [];
  let count = 0;
  let held: Token | null = null;
  const mint = async (): Promise<Token> => {
    count += 1;
    held = { token: `t${count}`, expiresAt: clock.now() + (options.tokenSeconds ?? 900) * 1000 };
    return held;
  };
  const credentials: Credentials = { current: async () => held ?? mint(), renew: options.renew ?? mint };
  const transport = new Transport(server.dial, credentials, "web/test", clock, {
    onState: (state) => states.push(state),
    onFrame: (frame, again) => frames.push([frame, again]),
  });
  const hellos = () => server.received.filter((frame) => frame.kind === "hello").map((frame) => frame.token);
  const last = () => states.at(-1);
  return { clock, server, transport, states, frames, hellos, last };
}

describe("The close-code table", () => {
  it.each([
    [1001, "reconnect"],
    [1012, "reconnect"],
    [1006, "reconnect"],
    [4408, "reconnect"],
    [4450, "reconnect"],
    [4429, "reconnect"],
    [4401, "renew"],
    [1009, "end"],
    [4400, "end"],
    [4440, "end"],
  ])("%i: %s", (code, what) => {
    expect(afterClose(code, 0, 0.5).what).toBe(what);
  });

  it("spreads the clients of a restarted edge over five seconds", () => {
    const delays = [0, 0.25, 0.999].map((random) => (afterClose(1012, 0, random) as { delay: number }).delay);

    expect(delays).toEqual([0, 1250, 4995]);
  });

  it("waits thirty seconds after too many refusals", () => {
    expect((afterClose(4429, 0, 0) as { delay: number }).delay).toBe(30_000);
  });

  it("doubles its patience up to five seconds in the first minute and fifteen after it, with jitter", () => {
    const delay = (attempt: number, random: number) => (afterClose(1006, attempt, random) as { delay: number }).delay;

    expect(delay(0, 1)).toBe(400);
    expect(delay(1, 1)).toBe(800);
    expect(delay(8, 1)).toBe(5_000);
    expect(delay(8, 0)).toBe(2_500);
    expect(delay(20, 1)).toBe(15_000);
    expect(delay(20, 0)).toBe(7_500);
  });
});

describe("A connection", () => {
  it("says hello first and is open when it is welcomed", async () => {
    const { clock, server, transport, states, hellos } = given();

    transport.start();
    await clock.pass(100);

    expect(states.map((state) => state.name)).toEqual(["connecting", "open"]);
    expect(server.received).toEqual([{ kind: "hello", token: "t1", client: "web/test", features: ["append_points"] }]);
    expect(hellos()).toEqual(["t1"]);
  });

  it("says hello again with a fresh token before the old one ends, on the same socket", async () => {
    const { clock, server, transport, frames, hellos } = given({ tokenSeconds: 900 });
    transport.start();
    await clock.pass(14 * MINUTE - 1000);
    expect(hellos()).toEqual(["t1"]);

    await clock.pass(10_000);

    expect(hellos()).toEqual(["t1", "t2"]);
    expect(server.connections).toHaveLength(1);
    expect(frames.filter(([frame]) => frame.kind === "welcome").map(([, again]) => again)).toEqual([false, true]);
  });

  it("renews in time though its tokens live but four seconds", async () => {
    const { clock, transport, hellos, states } = given({ tokenSeconds: 4 });
    transport.start();

    await clock.pass(13_000);

    expect(hellos().length).toBeGreaterThanOrEqual(4);
    expect(states.map((state) => state.name)).toEqual(["connecting", "open"]);
  });

  it("comes back with a new token when its own was not taken", async () => {
    const { clock, server, transport, hellos, last } = given();
    server.deadTokens.add("t1");

    transport.start();
    await clock.pass(5_000);

    expect(hellos()).toEqual(["t1", "t2"]);
    expect(last()?.name).toBe("open");
  });

  it("ends signed out when no token is taken", async () => {
    const { clock, server, transport, last } = given();
    for (let n = 0; n < 20; n += 1) {
      server.deadTokens.add(`t${n}`);
    }

    transport.start();
    await clock.pass(MINUTE);

    expect(last()).toEqual({ name: "ended", reason: "signed_out" });
  });

  it.each([
    ["signed_out", 4440],
    ["client_fault", 4400],
    ["client_fault", 1009],
  ])("ends %s on %i and does not come back", async (reason, code) => {
    const { clock, server, transport, last, hellos } = given();
    transport.start();
    await clock.pass(100);

    server.close(code);
    await clock.pass(5 * MINUTE);

    expect(last()).toEqual({ name: "ended", reason });
    expect(hellos()).toHaveLength(1);
  });

  it("ends when there is no token to be had", async () => {
    const { clock, server, transport, last } = given({ renew: () => Promise.reject(new NoAccess("gone")) });
    server.deadTokens.add("t1");

    transport.start();
    await clock.pass(5_000);

    expect(last()).toEqual({ name: "ended", reason: "gone" });
  });

  it("keeps trying while the network is down, ever more slowly", async () => {
    const { clock, server, transport, last } = given();
    let dials = 0;
    const dial = server.dial;
    const broken = new Transport(
      () => {
        dials += 1;
        const socket = dial();
        clock.after(1, () => socket.onclose?.({ code: 1006 }));
        return socket;
      },
      { current: async () => ({ token: "t", expiresAt: 1e15 }), renew: async () => ({ token: "t", expiresAt: 1e15 }) },
      "web/test",
      clock,
      { onState: () => undefined, onFrame: () => undefined },
    );
    expect(transport.isOpen).toBe(false);
    expect(last()).toBeUndefined();

    broken.start();
    await clock.pass(10 * MINUTE);

    expect(dials).toBeGreaterThan(30);
    expect(dials).toBeLessThan(100);
  });

  it("is open again within five seconds of the server's return, though that took half a minute", async () => {
    const { clock, server, transport, last } = given();
    transport.start();
    await clock.pass(100);

    server.isDown = true;
    server.close(1006);
    await clock.pass(30_000);
    expect(last()?.name).not.toBe("open");
    server.isDown = false;
    await clock.pass(5_100);

    expect(last()?.name).toBe("open");
  });

  it("does not wait when it is woken", async () => {
    const { clock, server, transport, last } = given();
    transport.start();
    await clock.pass(100);
    server.close(4429);
    await clock.pass(1000);
    expect(last()?.name).toBe("waiting");

    transport.wake();
    await clock.pass(100);

    expect(last()?.name).toBe("open");
  });

  it("notices a socket that is silent for good, and asks before it gives up", async () => {
    const { clock, server, transport, hellos, states } = given();
    transport.start();
    await clock.pass(60_000);
    expect(server.received.filter((frame) => frame.kind === "ping").length).toBeGreaterThanOrEqual(2);
    expect(hellos()).toHaveLength(1);

    server.handle = () => undefined;
    await clock.pass(29_000);

    expect(states.map((state) => state.name)).toContain("waiting");
  });

  it("sends nothing when it is not open, and says so", async () => {
    const { clock, transport } = given();

    expect(transport.send({ kind: "ping" })).toBe(false);
    transport.start();
    expect(transport.send({ kind: "ping" })).toBe(false);
    await clock.pass(100);
    expect(transport.send({ kind: "ping" })).toBe(true);
    transport.stop();
    expect(transport.send({ kind: "ping" })).toBe(false);
  });
});
