/** Turns a key of the dictionary into words of a language. */

import { en } from "./en.ts";
import type { Entry } from "./entry.ts";
import { ru } from "./ru.ts";

export type Locale = "en" | "ru";
export type Key = keyof typeof en;
export type Parameters = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, parameters?: Parameters) => string;

export const LOCALES: readonly { readonly locale: Locale; readonly name: string }[] = [
  { locale: "en", name: "English" },
  { locale: "ru", name: "Русский" },
];

const DICTIONARIES: Readonly<Record<Locale, Readonly<Record<Key, Entry>>>> = { en, ru };

/** The words for this moment's language; `n` chooses among the forms of a count. */
export function translator(locale: Locale): Translate {
  const dictionary = DICTIONARIES[locale];
  const rules = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  return (key, parameters = {}) => {
    const entry: Entry = dictionary[key];
    const text = typeof entry === "string" ? entry : (entry[form(rules, parameters.n)] ?? entry.other);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = parameters[name];
      return typeof value === "number" ? numbers.format(value) : (value ?? whole);
    });
  };
}

function form(rules: Intl.PluralRules, count: string | number | undefined): "one" | "few" | "many" | "other" {
  const chosen = rules.select(Number(count ?? 0));
  return chosen === "one" || chosen === "few" || chosen === "many" ? chosen : "other";
}

/** The language of somebody who has not chosen one. */
export function preferredLocale(languages: readonly string[]): Locale {
  for (const language of languages) {
    const short = language.slice(0, 2).toLowerCase();
    if (short === "ru" || short === "en") {
      return short;
    }
  }
  return "en";
}
