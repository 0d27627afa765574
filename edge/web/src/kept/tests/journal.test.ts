import { describe, expect, it } from "vitest";
import { FakeClock } from "../../protocol/tests/fake-clock.ts";
import { rectangle } from "../../protocol/tests/person.ts";
import { forgetJournals, Journal } from "../journal.ts";
import { Texts } from "./device.ts";

const clock = new FakeClock();

describe("The journal", () => {
  it("gives back what was written, page by page", () => {
    const texts = new Texts();
    const edits = [rectangle(clock), rectangle(clock, { id: 'a "name"/with marks' })];
    new Journal(texts, "b.u").write("one", { edits, gone: ["one/1:2/x"], maybe: ["old/1:2/y"] });
    new Journal(texts, "b.u").write("two", { edits: [], gone: ["two/1:2/x"], maybe: [] });

    const again = new Journal(texts, "b.u");
    expect(again.pages()).toEqual(["one", "two"]);
    expect(again.read("one")).toEqual({ edits, gone: ["one/1:2/x"], maybe: ["old/1:2/y"] });
    expect(again.read("two")).toEqual({ edits: [], gone: ["two/1:2/x"], maybe: [] });
  });

  it("keeps boards and people apart", () => {
    const texts = new Texts();
    new Journal(texts, "b.u").write("page", { edits: [rectangle(clock)], gone: [], maybe: [] });

    expect(new Journal(texts, "b.v").pages()).toEqual([]);
    expect(new Journal(texts, "c.u").pages()).toEqual([]);
  });

  it("leaves nothing behind where there is nothing, and junk is nothing", () => {
    const texts = new Texts();
    const journal = new Journal(texts, "b.u");
    journal.write("page", { edits: [rectangle(clock)], gone: [], maybe: [] });
    journal.write("page", { edits: [], gone: [], maybe: [] });
    expect(texts.length).toBe(0);

    texts.setItem("doska.unsaved.b.u.old", "{not json");
    expect(journal.read("old")).toEqual({ edits: [], gone: [], maybe: [] });
  });

  it("that does not fit says so, and what was written before still stands", () => {
    const texts = new Texts();
    const journal = new Journal(texts, "b.u");
    const first = rectangle(clock);
    journal.write("page", { edits: [first], gone: [], maybe: [] });
    texts.room = texts.size;

    expect(journal.write("page", { edits: [first, rectangle(clock)], gone: [], maybe: [] })).toBeNull();
    expect(journal.read("page").edits).toEqual([first]);
  });

  it("of everybody is forgotten at a logout, and nothing else", () => {
    const texts = new Texts();
    new Journal(texts, "b.u").write("page", { edits: [rectangle(clock)], gone: [], maybe: [] });
    new Journal(texts, "c.v").write("page", { edits: [rectangle(clock)], gone: [], maybe: [] });
    texts.setItem("doska.theme", "dark");

    forgetJournals(texts);

    expect([...texts.entries.keys()]).toEqual(["doska.theme"]);
  });
});
