/** Which facts a webhook gets: everything, all of a kind of thing, or one by one. */

import { useCallback } from "react";
import { me } from "../api/here.ts";
import { listEventTypes } from "../api/webhooks.ts";
import { Check } from "../parts/check.tsx";
import { useLoaded } from "../state/loaded.ts";
import { useWords } from "../state/words.ts";
import { typeWords } from "./audit-words.ts";
import { allOf, domains, EVERYTHING, toggled } from "./event-patterns.ts";

interface EventPickerProps {
  readonly value: readonly string[];
  readonly fault: string | null;
  readonly onValue: (value: readonly string[]) => void;
}

export function EventPicker({ value, fault, onValue }: EventPickerProps) {
  const t = useWords();
  const { value: types } = useLoaded(useCallback(() => listEventTypes(me), []));
  const isEverything = value.includes(EVERYTHING);
  return (
    <fieldset className={`events ${fault === null ? "" : "is-faulty"}`} aria-busy={types === null}>
      <legend className="field-label">{t("webhooks.types")}</legend>
      <Check
        label={t("webhooks.types.all")}
        checked={isEverything}
        onChange={() => onValue(isEverything ? [] : [EVERYTHING])}
      />
      {isEverything
        ? null
        : domains(types ?? []).map(([domain, names]) => {
            const isWhole = value.includes(allOf(domain));
            const chosen = names.filter((name) => value.includes(name)).length;
            return (
              <details key={domain} className="events-domain">
                <summary>
                  {domain}
                  <span className="row-note">
                    {isWhole
                      ? t("webhooks.types.domain")
                      : chosen === 0
                        ? ""
                        : t("webhooks.types.chosen", { n: chosen })}
                  </span>
                </summary>
                <Check
                  label={t("webhooks.types.domain")}
                  note={allOf(domain)}
                  checked={isWhole}
                  onChange={() => onValue(toggled(value, allOf(domain)))}
                />
                {names.map((name) => (
                  <Check
                    key={name}
                    label={typeWords(t, name)}
                    note={name}
                    checked={isWhole || value.includes(name)}
                    disabled={isWhole}
                    onChange={() => onValue(toggled(value, name))}
                  />
                ))}
              </details>
            );
          })}
      <p className="field-note" role={fault === null ? undefined : "alert"}>
        {fault ?? ""}
      </p>
    </fieldset>
  );
}
