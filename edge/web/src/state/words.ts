/** The words of the chosen language, for components. */

import { useMemo } from "react";
import { type Translate, translator } from "../i18n/translate.ts";
import { app, useApp } from "./app-store.ts";

export function useWords(): Translate {
  const locale = useApp((state) => state.locale);
  return useMemo(() => translator(locale), [locale]);
}

/** For what is said outside of a component. */
export function words(): Translate {
  return translator(app.get().locale);
}

/** A date as people of this language write it, with the year only when it is another one. */
export function useDates(): (time: string) => string {
  const locale = useApp((state) => state.locale);
  return useMemo(() => {
    const near = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
    const far = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
    return (time) => {
      const date = new Date(time);
      return (date.getFullYear() === new Date().getFullYear() ? near : far).format(date);
    };
  }, [locale]);
}

/** A date with its time of day. */
export function useMoments(): (time: string) => string {
  const locale = useApp((state) => state.locale);
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(locale, {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
    });
    return (time) => format.format(new Date(time));
  }, [locale]);
}
