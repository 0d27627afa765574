import { describe, expect, it } from "vitest";
import { APPEND } from "../append.ts";
import type { BoardElement } from "../element.ts";
import type { ClientFrame } from "../frames.ts";
import { growth } from "../growth.ts";
import { FakeClock } from "./fake-clock.ts";
import { grown, newer, Person, startOfStroke } from "./person.ts";
import { ServerDouble } from "./server-double.ts";

type Send = ClientFrame & { kind: "send" };

async function given(features?: readonly string[]) {
  const clock = new FakeClock();
  const server = new ServerDouble(clock);
  server.features = features ?? server.features;
  const [ann, bob] = [new Person(clock, server, { token: "ann" }), new Person(clock, server, { token: "bob" })];
  ann.client.start();
  bob.client.start();
  await clock.pass(200);
  return { clock, server, ann, bob };
}

/** What was sent, in short: `whole` or `points` with how many. */
function sent(server: ServerDouble): string[] {
  return server.received
    .filter((frame): frame is Send => frame.kind === "send")
    .map((frame) =>
      frame.type === APPEND
        ? `${frame.data.points.length} points`
        : `whole of ${frame.data.elements.flatMap((each) => each.points as unknown[]).length}`,
    );
}

function at(server: ServerDouble, id: string): BoardElement | undefined {
  return server.elements.get(id)?.element;
}

/** Draws states of a stroke, one every so many milliseconds. */
async function draw(clock: FakeClock, person: Person, from: BoardElement, times: number, pause = 50) {
  let stroke = from;
  for (let n = 0; n < times; n += 1) {
    stroke = grown(clock, stroke);
    person.draw(stroke);
    await clock.pass(pause);
  }
  return stroke;
}

describe("A stroke that grows", () => {
  it("is sent whole once, then by its points, and whole at the end; others see every point", async () => {
    const { clock, server, ann, bob } = await given();
    const start = startOfStroke(clock);

    ann.draw(start);
    await clock.pass(50);
    const last = await draw(clock, ann, start, 3);
    const end = grown(clock, last, { lastCommittedPoint: [1, 1] });
    ann.draw(end);
    await clock.pass(50);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "1 points", "1 points", "whole of 5"]);
    expect(at(server, start.id)).toEqual(end);
    expect(bob.scene.get(start.id)).toEqual(end);
  });

  it("is seen by others as it grows", async () => {
    const { clock, ann, bob } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);

    const last = await draw(clock, ann, start, 4);

    expect(bob.scene.get(start.id)).toEqual(last);
  });

  it("waits while an answer is under way, and what gathered goes as one", async () => {
    const { clock, server, ann } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);
    server.latency = () => 100;

    const last = await draw(clock, ann, start, 6, 20);
    await clock.pass(1000);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "5 points"]);
    expect(at(server, start.id)).toEqual(last);
  });

  it("does not wait once it has ended", async () => {
    const { clock, server, ann } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);
    server.latency = () => 100;

    const last = await draw(clock, ann, start, 1, 10);
    ann.draw(grown(clock, last, { lastCommittedPoint: [1, 1] }));
    await clock.pass(150);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "whole of 3"]);
  });

  it("is sent whole when the server does not say that it takes points", async () => {
    const { clock, server, ann } = await given([]);
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);

    await draw(clock, ann, start, 2);

    expect(sent(server)).toEqual(["whole of 1", "whole of 2", "whole of 3"]);
  });

  it("is sent whole after a reconnect, also where points without an answer were under way", async () => {
    const { clock, server, ann } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);
    server.fate = () => "silent";
    const last = await draw(clock, ann, start, 1);

    server.fate = () => "ack";
    server.close(1006);
    await clock.pass(5000);
    const next = await draw(clock, ann, last, 2);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "whole of 2", "1 points", "1 points"]);
    expect(at(server, start.id)).toEqual(next);
  });

  it("is sent whole after a reset of the room", async () => {
    const { clock, server, ann } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);

    server.newEpoch();
    await clock.pass(5000);
    await draw(clock, ann, start, 1);

    expect(sent(server)).toEqual(["whole of 1", "whole of 2"]);
  });

  it("is sent as it is again when the server was busy", async () => {
    const { clock, server, ann } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);
    server.fate = () => "unavailable";
    const last = await draw(clock, ann, start, 1);

    server.fate = () => "ack";
    await clock.pass(5000);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "1 points"]);
    expect(at(server, start.id)).toEqual(last);
  });

  it("is sent whole when its points are refused", async () => {
    const { clock, server, ann } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);
    server.refusesAppends = true;

    const last = await draw(clock, ann, start, 1);
    await clock.pass(50);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "whole of 2"]);
    expect(ann.refused).toEqual([]);
    expect(at(server, start.id)).toEqual(last);
  });

  it("is sent whole after somebody else changed it", async () => {
    const { clock, server, ann, bob } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);

    server.draw([{ ...start, version: 2, versionNonce: 0, strokeColor: "#ff0000" }]);
    await clock.pass(50);
    const last = grown(clock, grown(clock, grown(clock, start)));
    ann.draw(last);
    await clock.pass(50);

    expect(sent(server)).toEqual(["whole of 1", "whole of 4"]);
    expect(bob.scene.get(start.id)).toEqual(last);
  });

  it("is sent whole after its points met another's element at the server, though they would have won", async () => {
    const { clock, server, ann, bob } = await given();
    const start = startOfStroke(clock);
    ann.draw(start);
    await clock.pass(50);
    server.latency = () => 20;

    const one = grown(clock, start);
    ann.draw(newer(clock, one));
    // Stands first in the log, and loses against the points: they have another base then, and change nothing.
    server.draw([{ ...start, version: 2, versionNonce: 0, strokeColor: "#ff0000" }]);
    await clock.pass(200);
    const last = await draw(clock, ann, newer(clock, one), 1, 200);

    expect(sent(server)).toEqual(["whole of 1", "1 points", "whole of 3"]);
    expect(at(server, start.id)).toEqual(last);
    expect(bob.scene.get(start.id)).toEqual(last);
  });
});

describe("Points that a snapshot contains", () => {
  it("are passed over: they came before the state that they would fit", async () => {
    const { clock, server } = await given();
    const start = startOfStroke(clock);
    const early = growth(start, grown(clock, start));
    if (early === null) {
      throw new Error("a stroke grows");
    }
    server.grow(early);
    server.draw([start]);
    server.roomBehind = 2;
    const eve = new Person(clock, server, { token: "eve" });

    eve.client.start();
    await clock.pass(500);

    expect(at(server, start.id)).toEqual(start);
    expect(eve.scene.get(start.id)).toEqual(start);
  });

  it("and those after it are appended", async () => {
    const { clock, server } = await given();
    const start = startOfStroke(clock);
    const [one, two] = [grown(clock, start), grown(clock, grown(clock, start))];
    server.draw([start]);
    const eve = new Person(clock, server, { token: "eve" });
    eve.client.start();
    await clock.pass(500);

    for (const op of [growth(start, one), growth(one, { ...two, points: [...(one.points as []), [9, 9]] })]) {
      if (op !== null) {
        server.grow(op);
      }
    }
    await clock.pass(50);

    expect(eve.scene.get(start.id)).toEqual(at(server, start.id));
    expect(at(server, start.id)?.points).toHaveLength(3);
  });
});

describe("What may be sent as points", () => {
  const clock = new FakeClock();
  const base = startOfStroke(clock, { points: [[0, 0], [1, 1]], groupIds: [] }); // biome-ignore format: one line
  const next = grown(clock, base);

  it("is a stroke that only grew", () => {
    expect(growth(base, next)?.points).toEqual([(next.points as unknown[])[2]]);
  });

  it.each([
    ["another colour", { strokeColor: "#ff0000" }],
    ["another place", { x: 3 }],
    ["a deletion", { isDeleted: true }],
    ["the end of the gesture", { lastCommittedPoint: [1, 1] }],
    ["a group", { groupIds: ["g"] }],
    ["a field of somebody's own", { customData: {} }],
    ["no new point", { points: base.points }],
    ["a point fewer", { points: [[0, 0]] }],
    ["another first point", { points: [[9, 9], [1, 1], [2, 2]] }], // biome-ignore format: one line
    ["more points than an append holds", { points: [[0, 0], [1, 1], ...Array.from({ length: 1001 }, () => [1, 1])] }], // biome-ignore format: one line
    ["pressures for some of the points", { points: [[0, 0], [1, 1], [2, 2], [3, 3]], pressures: [0.5] }], // biome-ignore format: one line
    ["a version that does not win", { version: base.version - 1 }],
  ] as const)("is not %s", (_, changes) => {
    expect(growth(base, { ...next, ...changes })).toBeNull();
  });

  it("is a pen with pressures, one for each point", () => {
    const pen = { ...base, pressures: [0.1, 0.2] };

    expect(growth(pen, { ...next, pressures: [0.1, 0.2, 0.3] })?.pressures).toEqual([0.3]);
    expect(growth(pen, { ...next, pressures: [0.1, 0.9, 0.3] })).toBeNull();
  });
});
