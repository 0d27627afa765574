/** One text of the dictionary: plain, or in the forms that a language has for counts. */

export interface Plural {
  readonly one: string;
  readonly few?: string;
  readonly many?: string;
  readonly other: string;
}

export type Entry = string | Plural;
