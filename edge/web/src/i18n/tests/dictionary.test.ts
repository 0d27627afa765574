import { describe, expect, it } from "vitest";
import { en } from "../en.ts";
import type { Entry } from "../entry.ts";
import { ru } from "../ru.ts";
import { type Key, preferredLocale, translator } from "../translate.ts";

const keys = Object.keys(en) as Key[];

function forms(entry: Entry): string[] {
  return typeof entry === "string" ? [entry] : Object.values(entry);
}

function places(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string).sort();
}

describe("The two dictionaries", () => {
  it.each(keys)("say %s with the same places to fill", (key) => {
    const [first] = forms(en[key]);
    for (const form of [...forms(en[key]), ...forms(ru[key])]) {
      expect(places(form)).toEqual(places(first as string));
      expect(form.trim()).not.toBe("");
    }
  });

  it("have all forms that Russian counts by, wherever there is a count", () => {
    for (const key of keys) {
      if (typeof en[key] !== "string") {
        expect(Object.keys(ru[key]).sort(), key).toEqual(["few", "many", "one", "other"]);
      }
    }
  });

  it("are Russian in Russian: what is the same in both are names", () => {
    const same = keys.filter((key) => forms(en[key]).join() === forms(ru[key]).join());

    expect(same).toEqual([]);
  });
});

describe("Words", () => {
  it("count as each language counts", () => {
    const [english, russian] = [translator("en"), translator("ru")];

    expect([1, 2, 5, 21].map((n) => english("boards.count", { n }))).toEqual([
      "1 board",
      "2 boards",
      "5 boards",
      "21 boards",
    ]);
    expect([1, 2, 5, 21].map((n) => russian("boards.count", { n }))).toEqual([
      "1 доска",
      "2 доски",
      "5 досок",
      "21 доска",
    ]);
  });

  it("take names as they are, also with braces in them", () => {
    expect(translator("en")("share.title", { title: "{n} $& plans" })).toBe("Share “{n} $& plans”");
  });
});

describe("The language of somebody who has not chosen", () => {
  it.each([
    [["ru-RU", "en-US"], "ru"],
    [["de-DE", "ru"], "ru"],
    [["de-DE", "en-GB", "ru"], "en"],
    [["fr"], "en"],
    [[], "en"],
  ])("%j: %s", (languages, locale) => {
    expect(preferredLocale(languages)).toBe(locale);
  });
});
