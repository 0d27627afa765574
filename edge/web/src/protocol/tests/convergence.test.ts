/** Several people draw at random while everything that may fail fails; afterwards all hold what the server holds. */

import { describe, expect, it } from "vitest";
import type { BoardElement } from "../element.ts";
import type { Keepsake, KeepsakeListener } from "../keepsake.ts";
import { FakeClock } from "./fake-clock.ts";
import { grown, newer, Person, rectangle, startOfStroke } from "./person.ts";
import { type Fate, ServerDouble } from "./server-double.ts";

const CASES = Number(process.env.DOSKA_CONVERGENCE_CASES ?? 60);
const FATES: readonly Fate[] = [
  "ack",
  "ack",
  "ack",
  "ack",
  "unknown",
  "unknown_lost",
  "unavailable",
  "rate_limited",
  "silent",
];
const CLOSE_CODES = [1001, 1006, 1012, 4408, 4450];

class Pocket implements Keepsake {
  kept: BoardElement[] = [];
  open = async (listener: KeepsakeListener): Promise<void> => listener.onFound(structuredClone(this.kept));
  save = (elements: readonly BoardElement[]): void => {
    this.kept = structuredClone(elements) as BoardElement[];
  };
  look = (): void => undefined;
  close = (): void => undefined;
}

interface Seat {
  person: Person;
  pocket: Pocket;
  name: string;
}

function edit(clock: FakeClock, person: Person): void {
  const existing = [...person.scene.values()];
  const target = existing.length > 0 ? clock.pick(existing) : undefined;
  const chance = clock.random();
  const updated = clock.now();
  if (target === undefined || chance < 0.35) {
    person.draw(...Array.from({ length: 1 + Math.floor(clock.random() * 3) }, () => rectangle(clock, { updated })));
  } else if (chance < 0.55) {
    person.draw(newer(clock, target, { isDeleted: !target.isDeleted, updated }));
  } else if (chance < 0.6) {
    // A version far ahead, such as a drag of many frames makes, and an edit that the server refuses.
    person.draw(
      newer(clock, newer(clock, newer(clock, target))),
      rectangle(clock, { strokeColor: "no colour", updated }),
    );
  } else if (chance < 0.85) {
    const strokes = existing.filter((element) => element.type === "freedraw" && !element.isDeleted);
    const stroke = strokes.length > 0 && clock.random() < 0.9 ? clock.pick(strokes) : startOfStroke(clock);
    for (let n = 1 + Math.floor(clock.random() * 4); n > 0; n -= 1) {
      const last = person.scene.get(stroke.id) ?? stroke;
      person.draw(grown(clock, last, clock.random() < 0.1 ? { lastCommittedPoint: [1, 1] } : {}));
    }
  } else {
    person.draw(newer(clock, target, { x: Math.floor(clock.random() * 1000), updated }));
  }
}

/** What must be the same everywhere: the state, and of a stroke every point. */
function content({ id, version, versionNonce, points }: BoardElement): string {
  return `${id} ${version}:${versionNonce} ${JSON.stringify(points)}`;
}

async function play(seed: number): Promise<void> {
  const clock = new FakeClock(seed);
  const server = new ServerDouble(clock);
  server.latency = () => 1 + Math.floor(clock.random() * 60);
  const seats: Seat[] = Array.from({ length: 2 + (seed % 3) }, (_, n) => {
    const pocket = new Pocket();
    const name = `p${n}`;
    return { person: new Person(clock, server, { token: name, keepsake: pocket }), pocket, name };
  });
  for (const { person } of seats) {
    person.client.start();
  }
  await clock.pass(1000);

  for (let step = 0; step < 60; step += 1) {
    server.roomBehind = clock.random() < 0.2 ? 3 : 0;
    server.fate = () => (step < 50 && clock.random() < 0.3 ? clock.pick(FATES) : "ack");
    const seat = clock.pick(seats);
    const chance = clock.random();
    if (chance < 0.7) {
      edit(clock, seat.person);
    } else if (chance < 0.78) {
      server.close(clock.pick(CLOSE_CODES));
    } else if (chance < 0.83) {
      seat.person.transport.abandon();
    } else if (chance < 0.87) {
      server.forgetWindow();
    } else if (chance < 0.9) {
      server.newEpoch();
    } else if (chance < 0.92) {
      server.newGeneration();
    } else if (chance < 0.95) {
      server.loseEvents = true;
      edit(clock, seat.person);
    } else {
      // The page is closed and opened again.
      seat.person.client.stop();
      seat.person = new Person(clock, server, { token: seat.name, keepsake: seat.pocket });
      seat.person.client.start();
    }
    await clock.pass(Math.floor(clock.random() * (clock.random() < 0.1 ? 20_000 : 400)));
  }

  server.fate = () => "ack";
  server.roomBehind = 0;
  await clock.pass(120_000);
  // Somebody draws once more, so that a swallowed last message shows as a gap.
  seats[0]?.person.draw(rectangle(clock));
  await clock.pass(60_000);

  const live = ([...server.elements.values()].map(({ element }) => element) as BoardElement[]).filter(
    (e) => !e.isDeleted,
  );
  const wanted = live.map(content).sort();
  for (const { person, name } of seats) {
    const shown = [...person.scene.values()].filter((e) => !e.isDeleted);
    expect(person.phase, `${name} of seed ${seed}`).toBe("live");
    expect(person.client.state.unsaved, `${name} of seed ${seed}`).toBe(0);
    expect(shown.map(content).sort(), `${name} of seed ${seed}`).toEqual(wanted);
  }
}

describe("After any faults and some quiet, everybody holds what the server holds", () => {
  for (let seed = 1; seed <= CASES; seed += 1) {
    it(`with the chances of seed ${seed}`, async () => {
      await play(seed);
    });
  }
});
