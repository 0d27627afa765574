/** Everything that pages share: who is here, how it looks, what is told, which board is open. */

import type { User } from "../api/models.ts";
import type { BoardView } from "../board/board-view.ts";
import { type Locale, preferredLocale } from "../i18n/translate.ts";
import { storage } from "./storage.ts";
import { createStore, useStore } from "./store.ts";

export type Theme = "light" | "dark" | "system";

export type Session =
  | { readonly status: "restoring" }
  | { readonly status: "unreachable" }
  | { readonly status: "anonymous" }
  | { readonly status: "signed_in"; readonly user: User };

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface AppState {
  readonly session: Session;
  readonly locale: Locale;
  readonly theme: Theme;
  readonly systemDark: boolean;
  readonly toasts: readonly Toast[];
  readonly board: BoardView | null;
}

const LOCALE_KEY = "doska.locale";
const THEME_KEY = "doska.theme";

function stored<T extends string>(key: string, allowed: readonly T[]): T | null {
  const value = storage.getItem(key);
  return allowed.find((entry) => entry === value) ?? null;
}

const darkQuery = window.matchMedia("(prefers-color-scheme: dark)");

export const app = createStore<AppState>({
  session: { status: "restoring" },
  locale: stored<Locale>(LOCALE_KEY, ["en", "ru"]) ?? preferredLocale(navigator.languages),
  theme: stored<Theme>(THEME_KEY, ["light", "dark", "system"]) ?? "system",
  systemDark: darkQuery.matches,
  toasts: [],
  board: null,
});

darkQuery.addEventListener("change", (event) => app.set({ systemDark: event.matches }));

export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(app, select);
}

export function chooseLocale(locale: Locale): void {
  storage.setItem(LOCALE_KEY, locale);
  app.set({ locale });
}

/** The account's language, on a device where nobody has chosen one. */
export function adoptLocale(tag: string): void {
  const short = tag.slice(0, 2).toLowerCase();
  if (storage.getItem(LOCALE_KEY) === null && (short === "en" || short === "ru")) {
    app.set({ locale: short });
  }
}

export function chooseTheme(theme: Theme): void {
  storage.setItem(THEME_KEY, theme);
  app.set({ theme });
}

export function isDark(state: AppState): boolean {
  return state.theme === "dark" || (state.theme === "system" && state.systemDark);
}

/** Keeps `<html>` in step, so that styles, fonts and screen readers know. */
export function reflectOnDocument(): void {
  const apply = (): void => {
    const state = app.get();
    document.documentElement.lang = state.locale;
    document.documentElement.dataset.theme = isDark(state) ? "dark" : "light";
  };
  apply();
  app.subscribe(apply);
}
