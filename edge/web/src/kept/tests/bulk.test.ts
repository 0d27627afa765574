/** The bulk of the tests and that of browsers keep the same promises. */

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { newer, rectangle } from "../../protocol/tests/person.ts";
import { addressOf, type Bulk } from "../bulk.ts";
import { clearDatabase, Database, indexedBulk } from "../indexed-bulk.ts";
import { BulkDouble } from "./bulk-double.ts";

const clock = new FakeClock();

beforeEach(() => {
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
});

const kinds: [string, () => Bulk][] = [
  ["the double", () => new BulkDouble({ records: new Map(), state: "fine" })],
  ["IndexedDB", () => indexedBulk(inBrowser(), "b.u")],
];

function inBrowser(factory = new IDBFactory()): Database {
  return new Database(() => factory);
}

describe.each(kinds)("%s", (_, make) => {
  it("gives back what was put, page by page", async () => {
    const bulk = make();
    const [one, two, other] = [rectangle(clock), rectangle(clock), rectangle(clock)];
    await bulk.put("p1", [one, two]);
    await bulk.put("p10", [other]);

    expect((await bulk.pages()).sort()).toEqual(["p1", "p10"]);
    expect(await bulk.read("p1")).toEqual(expect.arrayContaining([one, two]));
    expect(await bulk.read("p1")).toHaveLength(2);
    expect(await bulk.read("p10")).toEqual([other]);
  });

  it("drops a state and not the one after it", async () => {
    const bulk = make();
    const before = rectangle(clock, { id: "a/b/ю" });
    const after = newer(clock, before);
    await bulk.put("p1", [before]);
    await bulk.put("p1", [after]);
    await bulk.drop([addressOf("p1", before), addressOf("p2", after), "p1/9:9/none"]);

    expect(await bulk.read("p1")).toEqual([after]);
    await bulk.drop([addressOf("p1", after)]);
    expect(await bulk.pages()).toEqual([]);
  });
});

describe("IndexedDB in a browser", () => {
  it("keeps boards and people apart, outlives the connection, and is emptied by a logout", async () => {
    const factory = new IDBFactory();
    const element = rectangle(clock);
    await indexedBulk(inBrowser(factory), "b.u").put("p1", [element]);
    await indexedBulk(inBrowser(factory), "b.u2").put("p2", []);

    expect(await indexedBulk(inBrowser(factory), "b.v").pages()).toEqual([]);
    expect(await indexedBulk(inBrowser(factory), "b.u").read("p1")).toEqual([element]);
    await clearDatabase(inBrowser(factory));
    expect(await indexedBulk(inBrowser(factory), "b.u").pages()).toEqual([]);
  });

  it("writes to the disk before it says so", async () => {
    const factory = new IDBFactory();
    const database = inBrowser(factory);
    const durabilities: unknown[] = [];
    const open = factory.open.bind(factory);
    factory.open = (...given) => {
      const request = open(...given);
      request.addEventListener("success", () => {
        const transaction = request.result.transaction.bind(request.result);
        request.result.transaction = (...asked) => {
          durabilities.push(asked[2]?.durability);
          return transaction(...asked);
        };
      });
      return request;
    };
    await indexedBulk(database, "b.u").put("p1", [rectangle(clock)]);

    expect(durabilities).toEqual(["strict"]);
  });

  it("that is forbidden says so each time", async () => {
    const forbidden = new Database(() => {
      throw new Error("SecurityError");
    });

    await expect(indexedBulk(forbidden, "b.u").pages()).rejects.toThrow("SecurityError");
    await expect(indexedBulk(forbidden, "b.u").put("p", [])).rejects.toThrow("SecurityError");
  });

  it("lets a page of another release have it, and asks again when it is back", async () => {
    const factory = new IDBFactory();
    const bulk = indexedBulk(inBrowser(factory), "b.u");
    await bulk.put("p1", [rectangle(clock)]);
    await new Promise<void>((resolve, reject) => {
      const request = factory.open("doska", 2);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
      request.onerror = () => reject(request.error);
    });

    await expect(bulk.put("p1", [rectangle(clock)])).rejects.toThrow();
    await new Promise<void>((resolve) => {
      factory.deleteDatabase("doska").onsuccess = () => resolve();
    });
    await bulk.put("p1", [rectangle(clock)]);
    expect(await bulk.read("p1")).toHaveLength(1);
  });

  it("undoes a transaction that finds no room", async () => {
    const factory = new IDBFactory();
    const bulk = indexedBulk(inBrowser(factory), "b.u");
    const bad = { ...rectangle(clock), broken: () => undefined };

    await expect(bulk.put("p1", [rectangle(clock), bad])).rejects.toThrow();
    expect(await bulk.read("p1")).toEqual([]);
  });
});
