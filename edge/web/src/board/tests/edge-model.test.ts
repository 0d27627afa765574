/** The model of the edge is no toy: it folds as the shared vectors say, and does what the protocol's page says. */

import { describe, expect, it, test } from "vitest";
import type { BoardElement } from "../../protocol/element.ts";
import type { ServerFrame } from "../../protocol/frames.ts";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { appendVectors, mergeVectors } from "../../protocol/tests/schema-files.ts";
import { EdgeModel } from "./stories/edge-model.ts";
import { type State, take } from "./stories/fold.ts";
import { Machine, TabClock } from "./stories/machine.ts";

type Fields = Record<string, unknown>;

describe("The log of the model leaves what the shared vectors say", () => {
  test.each(mergeVectors())("$why", ({ log, state: wanted }) => {
    const state: State = new Map();
    for (const element of log) {
      take({ draw: [element as unknown as BoardElement] }, state);
    }

    expect(Object.fromEntries([...state].map(([id, element]) => [id, element.tag]))).toEqual(wanted);
  });

  test.each(appendVectors())("$why", ({ log, state: wanted }) => {
    const state: State = new Map();
    for (const { draw, append } of log) {
      if (draw !== undefined) {
        take({ draw }, state);
      }
      if (append !== undefined) {
        take({ append }, state);
      }
    }

    expect([...state.keys()].sort()).toEqual(Object.keys(wanted).sort());
    for (const [id, fields] of Object.entries(wanted)) {
      expect(state.get(id)).toMatchObject(fields);
    }
  });
});

function element(id: string, fields: Fields = {}): BoardElement {
  return { id, type: "rectangle", version: 1, versionNonce: 1, index: "a1", isDeleted: false, ...fields };
}

/** A client that knows nothing but frames. */
async function guest(world: FakeClock, edge: EdgeModel) {
  const machine = new Machine("m", world);
  const wire = edge.dial({ machine, clock: new TabClock(machine) });
  const frames: ServerFrame[] = [];
  wire.onmessage = ({ data }) => frames.push(JSON.parse(String(data)) as ServerFrame);
  await world.pass(100);
  const say = async (frame: Fields) => {
    wire.send(JSON.stringify(frame));
    await world.pass(200);
  };
  await say({ kind: "hello", token: "t", client: "test/1", features: ["append_points"] });
  const seqs = () => frames.flatMap((frame) => (frame.kind === "events" ? frame.events.map(({ seq }) => seq) : []));
  const last = <Kind extends ServerFrame["kind"]>(kind: Kind) =>
    frames.filter((frame): frame is ServerFrame & { kind: Kind } => frame.kind === kind).at(-1);
  return { wire, frames, say, seqs, last };
}

function given() {
  const world = new FakeClock();
  const edge = new EdgeModel(world);
  const draw = (...elements: BoardElement[]) => edge.append({ draw: elements }, { clientId: null, connection: null });
  const room = edge.room.name;
  return { world, edge, draw, room };
}

describe("The model does what the page of the protocol says", () => {
  it("a join since a cursor gives every event after it, without a gap and in order", async () => {
    const { world, edge, draw, room } = given();
    draw(element("a"));
    await world.pass(100);
    const { cursor } = edge.read(null);
    for (let n = 0; n < 10; n += 1) {
      draw(element(`b${n}`));
    }
    await world.pass(100);
    const one = await guest(world, edge);

    await one.say({ kind: "join", room, since: cursor });
    draw(element("c"));
    await world.pass(200);

    expect(one.last("joined")?.seq).toBe(1);
    expect(one.seqs()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("a join past the window is stale, and what changed since the cursor is to be had, tombstones too", async () => {
    const { world, edge, draw, room } = given();
    draw(element("a"), element("b"));
    await world.pass(100);
    const { cursor } = edge.read(null);
    draw(element("a", { version: 2, isDeleted: true }));
    for (let n = 0; n < 40; n += 1) {
      draw(element("c", { version: n }));
    }
    await world.pass(100_000);
    const one = await guest(world, edge);

    await one.say({ kind: "join", room, since: cursor });

    expect(one.last("stale")?.reason).toBe("window");
    expect(one.last("joined")).toBeUndefined();
    const delta = edge.read(cursor);
    expect(delta.complete).toBe(false);
    expect(delta.elements.map(({ id, isDeleted }) => [id, isDeleted])).toEqual([
      ["a", true],
      ["c", false],
    ]);
    expect(edge.read(null).elements.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("a cursor that was given less than a minute ago is good, however much came since", async () => {
    const { world, edge, draw, room } = given();
    const { cursor } = edge.read(null);
    for (let n = 0; n < 100; n += 1) {
      draw(element("c", { version: n }));
    }
    await world.pass(50_000);
    const one = await guest(world, edge);

    await one.say({ kind: "join", room, since: cursor });

    expect(one.seqs()).toHaveLength(100);
  });

  it("after a reset one is not joined, and a cursor of before is stale", async () => {
    const { world, edge, draw, room } = given();
    const one = await guest(world, edge);
    await one.say({ kind: "join", room, since: null });
    const cursor = one.last("joined")?.cursor;

    edge.room.reset();
    draw(element("a"));
    await world.pass(100);
    await one.say({ kind: "join", room, since: cursor });

    expect(one.last("reset")).toBeDefined();
    expect(one.seqs()).toEqual([]);
    expect(one.last("stale")?.reason).toBe("epoch");
  });

  it("an op is acknowledged when it is in the log, and its sender gets its event too", async () => {
    const { world, edge, room } = given();
    const one = await guest(world, edge);
    await one.say({ kind: "join", room, since: null });
    edge.stall(1_000);

    await one.say({
      kind: "send",
      id: "c-1",
      type: "boards.draw",
      data: { board_id: edge.boardId, elements: [element("a")] },
    });
    expect(one.last("ack")).toBeUndefined();
    expect(edge.log).toEqual([]);
    await world.pass(2_000);

    expect(one.last("ack")?.id).toBe("c-1");
    expect(one.last("events")?.events.map((event) => event.client_id)).toEqual(["c-1"]);
    expect(edge.log.map((entry) => entry.clientId)).toEqual(["c-1"]);
  });

  it("an op whose outcome is unknown may stand in the log later, once", async () => {
    const { world, edge } = given();
    const one = await guest(world, edge);
    edge.stall(9_000);

    await one.say({
      kind: "send",
      id: "c-1",
      type: "boards.draw",
      data: { board_id: edge.boardId, elements: [element("a")] },
    });
    await world.pass(6_000);
    expect(one.last("unknown")?.id).toBe("c-1");
    await world.pass(6_000);

    expect(one.last("ack")).toBeUndefined();
    expect(edge.log.map((entry) => entry.clientId)).toEqual(["c-1"]);
  });

  it("what comes again after a fault has a new number and its old id", async () => {
    const { world, edge, draw, room } = given();
    const one = await guest(world, edge);
    await one.say({ kind: "join", room, since: null });
    draw(element("a"));
    await world.pass(100);

    edge.room.repeat(1);
    await world.pass(100);

    const events = one.frames.flatMap((frame) => (frame.kind === "events" ? frame.events : []));
    expect(events.map(({ seq, id }) => [seq, id])).toEqual([
      [1, "op-0"],
      [2, "op-0"],
    ]);
  });

  it("who takes no points gets the whole element under the same number, and who reads too slowly is closed", async () => {
    const { world, edge, draw, room } = given();
    const one = await guest(world, edge);
    one.wire.takesAppends = false;
    await one.say({ kind: "join", room, since: null });
    const stroke = element("s", { type: "freedraw", points: [[0, 0]], pressures: [] });
    draw(stroke);
    const growth = { points: [[1, 1]] as [number, number][], width: 1, height: 1, updated: 1 };
    const base = { version: 1, versionNonce: 1 };
    edge.append(
      { append: { element_id: "s", base, version: 2, versionNonce: 5, ...growth } },
      { clientId: null, connection: null },
    );
    await world.pass(200);

    const event = one.last("events")?.events.at(-1);
    expect([event?.seq, event?.type]).toEqual([2, "boards.draw"]);
    const whole = { id: "s", version: 2, points: [[0, 0], [1, 1]] }; // biome-ignore format: one line
    expect(event?.data).toMatchObject({ elements: [whole] });

    let closed = 0;
    one.wire.onclose = ({ code }) => {
      closed = code;
    };
    one.wire.slow(10_000);
    for (let n = 0; n < 100; n += 1) {
      draw(element("c", { version: n }));
      await world.pass(60);
    }
    await world.pass(10_000);
    expect([4450, 1006]).toContain(closed);
    expect(edge.wires.size).toBe(0);
  });
});
