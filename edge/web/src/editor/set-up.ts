/** How every canvas of the editor's package is set up, the live one and the one that only shows. */

import type { Locale } from "../i18n/translate.ts";
import type { ExcalidrawProps } from "./package.ts";

/** Our languages, as the package calls them. */
export const LANGUAGES: Readonly<Record<Locale, string>> = { en: "en", ru: "ru-RU" };

/** Boards are opened, kept and coloured by the product, not by the package's own menu. */
export const UI = {
  canvasActions: {
    loadScene: false,
    export: false,
    saveToActiveFile: false,
    clearCanvas: false,
    changeViewBackgroundColor: false,
    toggleTheme: false,
  },
} as const satisfies ExcalidrawProps["UIOptions"];
