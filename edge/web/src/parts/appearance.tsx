/** Choosing the language and the theme. */

import { me } from "../api/here.ts";
import { updateMe } from "../api/me.ts";
import { LOCALES, type Locale } from "../i18n/translate.ts";
import { app, chooseLocale, chooseTheme, type Theme, useApp } from "../state/app-store.ts";
import { useWords } from "../state/words.ts";
import type { MenuItem } from "./menu.tsx";

/** Remembered on this device, and with the account for the next one. */
export function speak(locale: Locale): void {
  chooseLocale(locale);
  const { session } = app.get();
  if (session.status === "signed_in" && session.user.locale !== locale) {
    updateMe(me, { locale }).catch(() => undefined);
  }
}

export function LanguageSwitch() {
  const t = useWords();
  const chosen = useApp((state) => state.locale);
  return (
    <fieldset className="segments">
      <legend className="sr-only">{t("language.label")}</legend>
      {LOCALES.map(({ locale, name }) => (
        <button
          key={locale}
          type="button"
          lang={locale}
          className="segment"
          aria-pressed={chosen === locale}
          onClick={() => speak(locale)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

export function useLanguageItems(): MenuItem[] {
  const chosen = useApp((state) => state.locale);
  return LOCALES.map(({ locale, name }) => ({ text: name, checked: chosen === locale, run: () => speak(locale) }));
}

const THEMES: readonly Theme[] = ["light", "dark", "system"];

export function useThemeItems(): MenuItem[] {
  const t = useWords();
  const chosen = useApp((state) => state.theme);
  return THEMES.map((theme) => ({
    text: t(`theme.${theme}`),
    checked: chosen === theme,
    run: () => chooseTheme(theme),
  }));
}

export function ThemeSwitch() {
  const t = useWords();
  const chosen = useApp((state) => state.theme);
  return (
    <fieldset className="segments">
      <legend className="sr-only">{t("theme.label")}</legend>
      {THEMES.map((theme) => (
        <button
          key={theme}
          type="button"
          className="segment"
          aria-pressed={chosen === theme}
          onClick={() => chooseTheme(theme)}
        >
          {t(`theme.${theme}`)}
        </button>
      ))}
    </fieldset>
  );
}
