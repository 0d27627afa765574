/** An edit that lost against a deletion which a snapshot does not show: whoever sees it must not be left with a ghost. */

import { expect, it } from "vitest";
import { Doubtful } from "../doubtful.ts";
import type { BoardElement } from "../element.ts";
import type { Source } from "../source.ts";
import { FakeClock } from "./fake-clock.ts";
import { newer, Person, rectangle } from "./person.ts";
import { ServerDouble } from "./server-double.ts";

const HOUR = 3_600_000;

/** Eve comes after an element was drawn and, some versions later, deleted. */
async function given() {
  const clock = new FakeClock();
  const server = new ServerDouble(clock);
  const element = rectangle(clock, { id: "ghost", updated: clock.now() });
  server.draw([element]);
  server.draw([newer(clock, newer(clock, newer(clock, element)), { isDeleted: true })]);
  const eve = new Person(clock, server, { token: "eve" });
  eve.client.start();
  await clock.pass(200);
  const lost = (changes: Partial<BoardElement> = {}) => newer(clock, element, { updated: clock.now(), ...changes });
  return { clock, server, eve, lost };
}

it("It is not shown for long when its author has just come back, though he made it just now", async () => {
  const { clock, server, eve, lost } = await given();
  await clock.pass(10 * 60_000);

  server.draw([lost()], { connection: "just back" });
  await clock.pass(5_000);

  expect([...eve.scene.keys()]).toEqual([]);
});

it("Nor when it waited, and its author's clock is an hour ahead", async () => {
  const { clock, server, eve, lost } = await given();
  server.draw([rectangle(clock)], { connection: "bob" });
  await clock.pass(10 * 60_000);

  server.draw([lost({ updated: clock.now() + HOUR - 120_000 })], { connection: "bob" });
  await clock.pass(5_000);

  expect(eve.scene.has("ghost")).toBe(false);
});

it("Nor when it was under way while the snapshot was made, and this machine slept before it came", async () => {
  const { clock, server, eve, lost } = await given();
  server.close(1006);
  server.draw([lost()]);

  clock.leap(HOUR);
  await clock.pass(10_000);

  expect(eve.phase).toBe("live");
  expect([...eve.scene.keys()]).toEqual([]);
});

it("Nor when another deletion that lost came before it", async () => {
  const { clock, server, eve, lost } = await given();

  server.draw([lost({ isDeleted: true, versionNonce: 9 })]);
  server.draw([lost({ versionNonce: 8 })]);
  await clock.pass(5_000);

  expect(eve.scene.get("ghost")?.isDeleted ?? true).toBe(true);
});

it("But what is drawn anew while one asks stays", async () => {
  const { clock, server, eve, lost } = await given();
  const { elements } = server.source;
  server.source.elements = async (since) => {
    const found = await elements(since);
    await new Promise<void>((resolve) => clock.after(500, resolve));
    return found;
  };
  server.draw([lost()]);
  await clock.pass(3_200);

  server.draw([newer(clock, lost(), { version: 50 })]);
  await clock.pass(10_000);

  expect(eve.scene.get("ghost")?.version).toBe(50);
});

it("Those who have been here for a while are not doubted: nobody asks", async () => {
  const { clock, server, eve } = await given();
  server.draw([rectangle(clock)], { connection: "bob" });
  await clock.pass(60_000);
  let asked = 0;
  const { elements } = server.source;
  server.source.elements = (since) => {
    asked += 1;
    return elements(since);
  };

  server.draw([rectangle(clock, { updated: clock.now() })], { connection: "bob" });
  await clock.pass(60_000);

  expect(asked).toBe(0);
  expect(eve.scene.size).toBe(2);
});

it("Nor does it stay with its author, who was away when it came and learnt only what had changed", async () => {
  const { clock, server, eve, lost } = await given();
  await clock.pass(10 * 60_000);
  server.loseEvents = true;
  eve.draw(lost());
  await clock.pass(100);
  expect(eve.client.isUnsaved("ghost")).toBe(false);

  server.forgetWindow();
  server.close(1006);
  await clock.pass(15_000);

  expect(eve.phase).toBe("live");
  expect([...eve.scene.keys()]).toEqual([]);
});

it("What one drew oneself is asked about only if it does not come", async () => {
  const clock = new FakeClock();
  const shown = new Map<string, BoardElement>();
  const asked: (string | null)[] = [];
  const ghosts: string[] = [];
  const source: Source = {
    elements: async (since) => {
      asked.push(since);
      return { elements: [], cursor: "later", epoch: "e1", complete: false };
    },
  };
  const doubtful = new Doubtful(
    source,
    clock,
    (id) => shown.get(id),
    () => false,
    (ids) => ghosts.push(...ids),
  );

  doubtful.acknowledged(["a"], "then");
  shown.set("a", rectangle(clock, { id: "a" }));
  await clock.pass(60_000);
  expect(asked).toEqual([]);

  doubtful.acknowledged(["a", "b"], "now");
  await clock.pass(60_000);
  expect([asked, ghosts]).toEqual([["now"], ["b"]]);
});
