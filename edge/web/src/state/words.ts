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

/** The time zone of the account, where it names one; else the device's. */
function useTimeZone(): string | undefined {
  return useApp(({ session }) => (session.status === "signed_in" ? session.user.time_zone : undefined));
}

/** A format in the account's time zone; a zone that this browser does not know is as none. */
export function formatIn(
  locale: string,
  timeZone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(locale, options);
  }
}

/** A date as people of this language write it, with the year only when it is another one. */
export function useDates(): (time: string) => string {
  const locale = useApp((state) => state.locale);
  const zone = useTimeZone();
  return useMemo(() => {
    const near = formatIn(locale, zone, { day: "numeric", month: "short" });
    const far = formatIn(locale, zone, { day: "numeric", month: "short", year: "numeric" });
    return (time) => {
      const date = new Date(time);
      return (date.getFullYear() === new Date().getFullYear() ? near : far).format(date);
    };
  }, [locale, zone]);
}

const MOMENT: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const INSTANT: Intl.DateTimeFormatOptions = { ...MOMENT, second: "2-digit" };

/** A date with its time of day. */
export function useMoments(): (time: string) => string {
  return useTimes(MOMENT);
}

/** The same to the second, for what happens quickly. */
export function useInstants(): (time: string) => string {
  return useTimes(INSTANT);
}

/** `options` is a constant: another object is another format. */
function useTimes(options: Intl.DateTimeFormatOptions): (time: string) => string {
  const locale = useApp((state) => state.locale);
  const zone = useTimeZone();
  return useMemo(() => {
    const format = formatIn(locale, zone, options);
    return (time) => format.format(new Date(time));
  }, [locale, zone, options]);
}
