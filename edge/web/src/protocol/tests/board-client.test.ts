import { describe, expect, it } from "vitest";
import type { BoardElement } from "../element.ts";
import type { ClientFrame } from "../frames.ts";
import { type KeepsakeListener, nothingKept } from "../keepsake.ts";
import { ReadRefused } from "../source.ts";
import { FakeClock } from "./fake-clock.ts";
import { newer, Person, rectangle } from "./person.ts";
import { ServerDouble } from "./server-double.ts";

function given() {
  const clock = new FakeClock();
  const server = new ServerDouble(clock);
  return { clock, server };
}

async function joined(options: ConstructorParameters<typeof Person>[2] = {}) {
  const { clock, server } = given();
  const ann = new Person(clock, server, options);
  ann.client.start();
  await clock.pass(200);
  return { clock, server, ann };
}

function joins(server: ServerDouble): (ClientFrame & { kind: "join" })[] {
  return server.received.filter((frame) => frame.kind === "join");
}

function sends(server: ServerDouble): (ClientFrame & { kind: "send" })[] {
  return server.received.filter((frame) => frame.kind === "send");
}

describe("Opening a board", () => {
  it("reads it first and joins since the snapshot's cursor, so that nothing falls between", async () => {
    const { clock, server } = given();
    const before = rectangle(clock);
    const between = rectangle(clock);
    server.draw([before]);
    const ann = new Person(clock, server);
    server.latency = () => 50;

    ann.client.start();
    await clock.pass(60);
    server.draw([between]);
    await clock.pass(500);

    expect(joins(server)[0]?.since).toBe(server.cursor(1, 1));
    expect([...ann.scene.keys()]).toEqual([before.id, between.id]);
    expect(ann.phase).toBe("live");
  });

  it("goes on trying while the server cannot read", async () => {
    const { clock, server } = given();
    server.readFault = () => new ReadRefused("unavailable", "");
    const ann = new Person(clock, server);
    ann.client.start();
    await clock.pass(5_000);
    expect(ann.phase).toBe("loading");

    server.readFault = () => new TypeError("network");
    await clock.pass(20_000);
    server.readFault = null;
    await clock.pass(20_000);

    expect(ann.phase).toBe("live");
  });

  it.each([
    ["not_found", "ended: not_found"],
    ["forbidden", "ended: not_found"],
    ["unauthenticated", "ended: signed_out"],
    ["gone", "ended: gone"],
  ] as const)("ends when the answer is %s", async (code, phase) => {
    const { clock, server } = given();
    server.readFault = () => new ReadRefused(code, "");
    const ann = new Person(clock, server);

    ann.client.start();
    await clock.pass(60_000);

    expect(ann.phase).toBe(phase);
    expect(server.connections).toHaveLength(0);
  });

  it("ends when the room may not be joined", async () => {
    const { clock, server } = given();
    server.roles.set("somebody else", "editor");
    const ann = new Person(clock, server);

    ann.client.start();
    await clock.pass(1_000);

    expect(ann.phase).toBe("ended: not_found");
  });

  it.each(["a new connection", "a page that is looked at again"])(
    "waits no longer with its next reading after %s",
    async (sign) => {
      const { clock, server, ann } = await joined();
      server.readFault = () => new TypeError("network");
      server.newEpoch();
      await clock.pass(40_000);
      let reads = 0;
      server.readFault = () => {
        reads += 1;
        return new TypeError("network");
      };
      while (reads === 0) {
        await clock.pass(10);
      }
      server.readFault = null;

      // The pause that has just begun is two seconds and a half at least.
      if (sign === "a new connection") {
        server.close(1006);
      } else {
        ann.client.wake();
      }
      await clock.pass(1_000);

      expect(ann.phase).toBe("live");
    },
  );
});

describe("Coming back", () => {
  it("resumes since the last cursor and gets exactly what was missed", async () => {
    const { clock, server, ann } = await joined();
    const [seen, missed] = [rectangle(clock), rectangle(clock)];
    server.draw([seen]);
    await clock.pass(100);
    const cursor = server.cursor();

    server.close(1006);
    server.draw([missed]);
    await clock.pass(5_000);

    expect(joins(server).at(-1)?.since).toBe(cursor);
    expect([...ann.scene.keys()]).toEqual([seen.id, missed.id]);
    expect(ann.states.map((state) => state.phase.name)).toContain("reconnecting");
    expect(ann.phase).toBe("live");
  });

  it("past the window reads what changed, deletions too, and joins since that", async () => {
    const { clock, server, ann } = await joined();
    const element = rectangle(clock);
    server.draw([element]);
    await clock.pass(100);

    server.close(1006);
    server.draw([newer(clock, element, { isDeleted: true })]);
    server.forgetWindow();
    server.draw([rectangle(clock, { id: "later" })]);
    await clock.pass(10_000);

    expect(ann.scene.get(element.id)?.isDeleted).toBe(true);
    expect(ann.scene.has("later")).toBe(true);
    expect(ann.phase).toBe("live");
  });

  it("joins again after a reset", async () => {
    const { clock, server, ann } = await joined();

    server.newEpoch();
    server.draw([rectangle(clock, { id: "after" })]);
    await clock.pass(5_000);

    expect(ann.scene.has("after")).toBe(true);
    expect(ann.phase).toBe("live");
  });

  it("reads everything anew when its cursor means nothing any more", async () => {
    const { clock, server, ann } = await joined();
    ann.draw(rectangle(clock, { id: "mine" }));
    server.draw([rectangle(clock, { id: "old" })]);
    await clock.pass(1_000);

    server.elements.clear();
    server.newGeneration();
    server.draw([rectangle(clock, { id: "new" })]);
    await clock.pass(10_000);

    expect([...ann.scene.keys()]).toEqual(["new"]);
    expect(ann.phase).toBe("live");
  });

  it("after a gap in the numbers joins again and misses nothing", async () => {
    const { clock, server, ann } = await joined();
    server.loseEvents = true;
    server.draw([rectangle(clock, { id: "lost on the way" })]);
    server.draw([rectangle(clock, { id: "next" })]);
    await clock.pass(1_000);

    expect([...ann.scene.keys()].sort()).toEqual(["lost on the way", "next"]);
    expect(joins(server)).toHaveLength(2);
  });
});

describe("A join without an answer", () => {
  it("costs the socket, and the next one is asked", async () => {
    const { clock, server } = given();
    const handle = server.handle.bind(server);
    let swallowed = 0;
    server.handle = (connection, frame) => {
      if (frame.kind === "join" && swallowed === 0) {
        swallowed += 1;
      } else {
        handle(connection, frame);
      }
    };
    const ann = new Person(clock, server);
    ann.client.start();
    await clock.pass(10_000);
    expect(ann.phase).not.toBe("live");

    await clock.pass(10_000);

    expect(ann.phase).toBe("live");
  });

  it("is asked again after a while when the server cannot answer now", async () => {
    const { clock, server } = given();
    const handle = server.handle.bind(server);
    let refused = 0;
    server.handle = (connection, frame) => {
      if (frame.kind === "join" && refused < 2) {
        refused += 1;
        connection.deliver({
          kind: "reject",
          id: frame.id,
          room: frame.room,
          code: "unavailable",
          detail: "",
          errors: [],
          retry_after: 2,
        });
      } else {
        handle(connection, frame);
      }
    };
    const ann = new Person(clock, server);
    ann.client.start();

    await clock.pass(3_000);
    expect(ann.phase).not.toBe("live");
    await clock.pass(3_000);

    expect(ann.phase).toBe("live");
    expect(server.connections).toHaveLength(1);
  });
});

describe("Edits", () => {
  it("are sent at once, and unsaved until the ack", async () => {
    const { clock, server, ann } = await joined();
    server.latency = () => 40;

    ann.draw(rectangle(clock, { id: "mine" }));

    expect(ann.client.state.unsaved).toBe(1);
    await clock.pass(200);
    expect(ann.client.state.unsaved).toBe(0);
    expect(server.elements.has("mine")).toBe(true);
  });

  it("made while offline are kept, counted, merged by element, and sent after the return", async () => {
    const { clock, server, ann } = await joined();
    const element = rectangle(clock);
    server.close(4429);

    ann.draw(element);
    ann.draw(newer(clock, element));
    ann.draw(rectangle(clock));
    expect(ann.client.state.unsaved).toBe(2);
    expect(sends(server)).toHaveLength(0);
    await clock.pass(60_000);

    expect(ann.client.state.unsaved).toBe(0);
    expect(sends(server).map((frame) => "elements" in frame.data && frame.data.elements.length)).toEqual([2]);
  });

  it("without an answer go again, as they were, on the next connection", async () => {
    const { clock, server, ann } = await joined();
    server.fate = () => "silent";
    ann.draw(rectangle(clock));
    await clock.pass(100);

    server.fate = () => "ack";
    server.close(1006);
    await clock.pass(5_000);

    const [first, second] = sends(server);
    expect(second).toEqual(first);
    expect(ann.client.state.unsaved).toBe(0);
  });

  it("without an answer for long cost the socket, not the edit", async () => {
    const { clock, server, ann } = await joined();
    server.fate = () => "silent";
    ann.draw(rectangle(clock, { id: "mine" }));
    await clock.pass(10_000);
    server.fate = () => "ack";
    await clock.pass(20_000);

    expect(sends(server)).toHaveLength(2);
    expect(ann.client.state.unsaved).toBe(0);
  });

  it("whose outcome is unknown go again after the time that the server names", async () => {
    const { clock, server, ann } = await joined();
    server.fate = () => "unknown_lost";
    ann.draw(rectangle(clock, { id: "mine" }));
    await clock.pass(900);
    expect(sends(server)).toHaveLength(1);

    server.fate = () => "ack";
    await clock.pass(1_000);

    expect(server.elements.has("mine")).toBe(true);
    expect(ann.client.state.unsaved).toBe(0);
  });

  it("that the server refuses are reported and reverted, and those beside and behind them arrive", async () => {
    const { clock, server, ann } = await joined();
    const good = rectangle(clock, { id: "good", index: "a1" });
    const known = rectangle(clock, { id: "known", index: "a2" });
    server.draw([known]);
    await clock.pass(100);

    ann.draw(
      good,
      newer(clock, known, { strokeColor: "no colour" }),
      rectangle(clock, { id: "bad", strokeColor: "no colour" }),
    );
    ann.draw(rectangle(clock, { id: "behind" }));
    await clock.pass(1_000);

    expect(ann.refused.map(({ element, message }) => [element.id, message]).sort()).toEqual([
      ["bad", "is not a colour"],
      ["known", "is not a colour"],
    ]);
    expect([...server.elements.keys()].sort()).toEqual(["behind", "good", "known"]);
    expect([...ann.scene.keys()].sort()).toEqual(["behind", "good", "known"]);
    expect(ann.scene.get("known")).toEqual(known);
    expect(ann.client.state.unsaved).toBe(0);
  });

  it("survive the page: what was not confirmed is sent by the next one", async () => {
    const { clock, server } = given();
    let kept: BoardElement[] = [];
    const keepsake = {
      ...nothingKept,
      open: async (listener: KeepsakeListener) => listener.onFound(kept),
      save: (elements: readonly BoardElement[]) => {
        kept = [...elements];
      },
    };
    const ann = new Person(clock, server, { keepsake });
    ann.client.start();
    await clock.pass(200);
    server.fate = () => "unavailable";
    ann.draw(rectangle(clock, { id: "mine" }));
    await clock.pass(300);
    ann.client.stop();
    expect(kept.map((element) => element.id)).toEqual(["mine"]);

    server.fate = () => "ack";
    const again = new Person(clock, server, { keepsake });
    again.client.start();
    await clock.pass(1_500);

    expect(again.scene.has("mine")).toBe(true);
    expect(server.elements.has("mine")).toBe(true);
    expect(kept).toEqual([]);
  });
});

describe("Rights", () => {
  it("withdrawn while one draws: the last edits are reported and reverted, the board stays", async () => {
    const { clock, server } = given();
    server.roles.set("ann", "editor");
    const ann = new Person(clock, server);
    ann.client.start();
    await clock.pass(200);
    server.fate = () => "unavailable";
    ann.draw(rectangle(clock, { id: "mine" }));
    await clock.pass(100);

    server.setRole("ann", "viewer");
    await clock.pass(100);

    expect(ann.client.state.role).toBe("viewer");
    expect(ann.refused.map(({ element, code }) => [element.id, code])).toEqual([["mine", "forbidden"]]);
    expect(ann.scene.has("mine")).toBe(false);
    expect(ann.phase).toBe("live");
  });

  it("taken away wholly end the board", async () => {
    const { clock, server } = given();
    server.roles.set("ann", "editor").set("bob", "owner");
    const ann = new Person(clock, server);
    ann.client.start();
    await clock.pass(200);

    server.setRole("ann", null);
    await clock.pass(100);
    server.close(4401);
    await clock.pass(60_000);

    expect(ann.phase).toBe("ended: revoked");
    expect(server.connections).toHaveLength(0);
  });

  it("given back let one draw again", async () => {
    const { clock, server } = given();
    server.roles.set("ann", "viewer");
    const ann = new Person(clock, server, { role: "viewer" });
    ann.client.start();
    await clock.pass(200);

    server.setRole("ann", "editor");
    await clock.pass(100);
    ann.draw(rectangle(clock, { id: "mine" }));
    await clock.pass(100);

    expect(server.elements.has("mine")).toBe(true);
  });
});

describe("Others", () => {
  it("are listed with their last moves and vanish when they go", async () => {
    const { clock, server, ann } = await joined({ token: "ann" });
    const bob = new Person(clock, server, { token: "bob" });
    bob.client.start();
    await clock.pass(200);
    bob.client.show({ pointer: { x: 1, y: 2 }, button: "up" });
    await clock.pass(200);

    expect(ann.present.at(-1)?.data).toEqual({ pointer: { x: 1, y: 2 }, button: "up" });
    expect(bob.present.map((person) => person.name).sort()).toEqual(["ann", "bob"]);
  });

  it("get at most thirty moves a second, and always the last", async () => {
    const { clock, server, ann } = await joined();

    for (let n = 1; n <= 100; n += 1) {
      ann.client.show({ pointer: { x: n, y: 0 }, button: n === 100 ? "down" : "up" });
      await clock.pass(10);
    }
    await clock.pass(100);

    const moves = server.received.filter((frame) => frame.kind === "move");
    expect(moves.length).toBeLessThanOrEqual(32);
    expect(moves.at(-1)?.data).toEqual({ pointer: { x: 100, y: 0 }, button: "down" });
  });

  it("rename the board, and a repeated fact is told once", async () => {
    const { clock, server, ann } = await joined();

    server.append("boards.board_renamed", { title: "Plans" }, { id: "f1" });
    server.append("boards.board_renamed", { title: "Plans" }, { id: "f1" });
    await clock.pass(100);

    expect(ann.facts.map((fact) => fact.data)).toEqual([{ title: "Plans" }]);
  });
});

describe("An edit that lost against a deletion which a snapshot does not show", () => {
  it("is shown no longer than it takes to ask", async () => {
    const { clock, server } = given();
    const element = rectangle(clock, { id: "ghost", updated: clock.now() });
    server.draw([element]);
    server.draw([{ ...newer(clock, newer(clock, element)), isDeleted: true }]);
    const ann = new Person(clock, server);
    ann.client.start();
    await clock.pass(200);
    expect(ann.scene.has("ghost")).toBe(false);

    server.draw([newer(clock, element), rectangle(clock, { id: "real" })]);
    await clock.pass(5_000);

    expect([...ann.scene.keys()]).toEqual(["real"]);
  });
});
