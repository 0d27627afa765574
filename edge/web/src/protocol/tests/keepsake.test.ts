import { expect, it } from "vitest";
import { forgetKeepsakes, keepsakeIn, type TextStore } from "../keepsake.ts";
import { FakeClock } from "./fake-clock.ts";
import { newer, rectangle } from "./person.ts";

const clock = new FakeClock();

class Storage implements TextStore {
  entries = new Map<string, string>();
  get length(): number {
    return this.entries.size;
  }
  key = (position: number): string | null => [...this.entries.keys()][position] ?? null;
  getItem = (key: string): string | null => this.entries.get(key) ?? null;
  setItem = (key: string, value: string): void => {
    this.entries.set(key, value);
  };
  removeItem = (key: string): void => {
    this.entries.delete(key);
  };
}

it("What one tab left is taken over by the next, the newest state of each element", () => {
  const store = new Storage();
  const element = rectangle(clock);
  const latest = newer(clock, element);
  keepsakeIn(store, "b", "u", "tab1").save([latest]);
  keepsakeIn(store, "b", "u", "tab2").save([element]);

  expect(keepsakeIn(store, "b", "u", "tab3").load()).toEqual([latest]);
  expect([...store.entries.keys()]).toEqual(["doska.unsaved.b.u.tab3"]);
});

it("Boards and people are kept apart", () => {
  const store = new Storage();
  keepsakeIn(store, "b", "u", "tab").save([rectangle(clock)]);

  expect(keepsakeIn(store, "b", "v", "tab").load()).toEqual([]);
  expect(keepsakeIn(store, "c", "u", "tab").load()).toEqual([]);
});

it("Nothing unsaved leaves nothing behind, and junk is nothing", () => {
  const store = new Storage();
  const keepsake = keepsakeIn(store, "b", "u", "tab");
  keepsake.save([rectangle(clock)]);
  keepsake.save([]);
  expect(store.length).toBe(0);

  store.setItem("doska.unsaved.b.u.old", "{not json");
  expect(keepsake.load()).toEqual([]);
});

it("A full storage is no reason to stop, and is told", () => {
  const store = new Storage();
  store.setItem = () => {
    throw new Error("QuotaExceededError");
  };

  expect(keepsakeIn(store, "b", "u", "tab").save([rectangle(clock)])).toBe(false);
});

it("A logout forgets the edits of everybody, and nothing else", () => {
  const store = new Storage();
  keepsakeIn(store, "b", "u", "tab").save([rectangle(clock)]);
  keepsakeIn(store, "c", "v", "tab").save([rectangle(clock)]);
  store.setItem("doska.theme", "dark");

  forgetKeepsakes(store);

  expect([...store.entries.keys()]).toEqual(["doska.theme"]);
});
