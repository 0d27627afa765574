import { describe, expect, it } from "vitest";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { newer, rectangle } from "../../protocol/tests/person.ts";
import { BulkDouble } from "./bulk-double.ts";
import { Device } from "./device.ts";

const SHORT = 300;

function given() {
  const clock = new FakeClock();
  const device: Device = new Device(
    clock,
    () => new BulkDouble(device.disk, () => new Promise((resolve) => clock.after(5, () => resolve(false)))),
  );
  return { clock, device };
}

function many(clock: FakeClock, count: number) {
  return Array.from({ length: count }, () => rectangle(clock));
}

describe("What is unconfirmed", () => {
  it("is in the journal before anything else happens, and moves to the bulk when it is much", async () => {
    const { clock, device } = given();
    const page = device.open({ journalChars: SHORT });
    await clock.pass(50);
    page.draw(...many(clock, 1));
    await clock.pass(50);
    expect([device.texts.length, device.disk.records.size]).toEqual([1, 0]);

    page.draw(...many(clock, 5));
    expect([device.texts.length, device.disk.records.size]).toEqual([1, 0]);
    await clock.pass(50);
    expect([device.texts.length, device.disk.records.size]).toEqual([0, 6]);
    page.confirmed(...page.unsaved.keys());
    await clock.pass(50);
    expect([device.texts.length, device.disk.records.size]).toEqual([0, 0]);
  });

  it("goes from a page that died to one that lives, once, the newest state of each element", async () => {
    const { clock, device } = given();
    const living = device.open({ journalChars: SHORT });
    const dead = device.open({ journalChars: SHORT });
    await clock.pass(50);
    const elements = many(clock, 6);
    dead.draw(...elements);
    await clock.pass(50);
    const [first, ...rest] = elements;
    const latest = newer(clock, first as (typeof elements)[number]);
    dead.draw(latest);

    const third = device.open();
    await clock.pass(100_000);
    expect([living.found, third.found]).toEqual([[], []]);
    dead.kill();
    await clock.pass(100_000);
    const found = [...living.found, ...third.found];
    expect(new Set(found)).toEqual(new Set([latest, ...rest]));
    expect(found).toHaveLength(6);
  });

  it("is taken over when the living page is looked at, and after the board was left within a page", async () => {
    const { clock, device } = given();
    const living = device.open();
    const left = device.open();
    await clock.pass(50);
    const [element] = many(clock, 1) as [ReturnType<typeof rectangle>];
    left.draw(element);
    left.edits.close();

    living.edits.look();
    await clock.pass(50);
    expect(living.found).toEqual([element]);
  });

  it("and confirmed with its write under way is not found again", async () => {
    const { clock, device } = given();
    const page = device.open({ journalChars: 0 });
    await clock.pass(50);
    page.draw(...many(clock, 3));
    page.confirmed(...page.unsaved.keys());
    page.kill();
    await clock.pass(50);
    expect(device.disk.records.size).toBe(3);

    const next = device.open();
    await clock.pass(50);
    expect(next.found).toEqual([]);
    expect([device.texts.length, device.disk.records.size]).toEqual([0, 0]);
  });
});

describe("Where something is missing, it is told whether edits are kept", () => {
  it("no room in localStorage: the bulk has room", async () => {
    const { clock, device } = given();
    const page = device.open();
    await clock.pass(50);
    device.texts.room = 0;
    page.draw(...many(clock, 3));
    await clock.pass(50);

    expect([page.isKept, device.disk.records.size]).toEqual([true, 3]);
  });

  it.each(["full", "broken", "silent"] as const)("no localStorage, and a database that is %s", async (state) => {
    const { clock, device } = given();
    device.disk.state = state;
    const page = device.open({ hasJournal: false });
    await clock.pass(5_000);
    page.draw(...many(clock, 1));
    await clock.pass(5_000);

    expect(page.isKept).toBe(false);
  });

  it.each(["full", "broken", "silent"] as const)(
    "a database that is %s: localStorage as far as it goes",
    async (state) => {
      const { clock, device } = given();
      device.disk.state = state;
      const page = device.open({ journalChars: SHORT });
      await clock.pass(5_000);
      page.draw(...many(clock, 5));
      await clock.pass(50);
      expect(page.isKept).toBe(true);

      const safe = [...page.unsaved.values()];
      device.texts.room = device.texts.size;
      page.draw(...many(clock, 1));
      await clock.pass(5_000);
      expect(page.isKept).toBe(false);
      page.kill();
      const next = device.open();
      await clock.pass(5_000);
      expect(next.found).toEqual(safe);
    },
  );

  it("a board opens though the database does not answer, and has what it held once it does", async () => {
    const { clock, device } = given();
    const dead = device.open({ journalChars: 0 });
    await clock.pass(50);
    dead.draw(...many(clock, 3));
    await clock.pass(50);
    dead.kill();
    device.disk.state = "broken";
    const page = device.open();
    let isOpen = false;
    void page.opened.then(() => {
      isOpen = true;
    });
    await clock.pass(50);
    expect([isOpen, page.found.length]).toEqual([true, 0]);

    device.disk.state = "fine";
    await clock.pass(61_000);
    expect(page.found).toHaveLength(3);
  });

  it("no locks: whoever comes takes over what he finds, and nothing is lost by it", async () => {
    const { clock, device } = given();
    const one = device.open({ canTell: false, journalChars: SHORT });
    await clock.pass(50);
    const elements = many(clock, 6);
    one.draw(...elements);
    await clock.pass(50);
    const two = device.open({ canTell: false });
    await clock.pass(50);
    expect(new Set(two.found)).toEqual(new Set(elements));
    two.kill();
    one.draw(...many(clock, 1));
    one.kill();

    const three = device.open({ canTell: false });
    await clock.pass(50);
    expect(three.found).toHaveLength(7);
  });
});
