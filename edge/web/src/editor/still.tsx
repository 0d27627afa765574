/** A canvas that only shows: a state of the past, and what differs from another one. */

import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Differences } from "../history/differences.ts";
import type { Locale } from "../i18n/translate.ts";
import type { BoardElement } from "../protocol/element.ts";
import { isReceivable } from "../protocol/incoming.ts";
import { marks } from "./marks.ts";
import {
  CaptureUpdateAction,
  Excalidraw,
  type ExcalidrawElement,
  type ExcalidrawImperativeAPI,
  type ExcalidrawProps,
  MainMenu,
  restoreElements,
} from "./package.ts";

export interface StillProps {
  readonly elements: readonly BoardElement[];
  readonly differences: Differences | null;
  readonly locale: Locale;
  readonly dark: boolean;
  readonly name: string;
}

const LANGUAGES: Readonly<Record<Locale, string>> = { en: "en", ru: "ru-RU" };
const UI: ExcalidrawProps["UIOptions"] = {
  canvasActions: {
    loadScene: false,
    export: false,
    saveToActiveFile: false,
    clearCanvas: false,
    changeViewBackgroundColor: false,
    toggleTheme: false,
  },
  tools: { image: false },
};

const MENU = (
  <MainMenu>
    <MainMenu.DefaultItems.SaveAsImage />
    <MainMenu.DefaultItems.Help />
  </MainMenu>
);

function scene(elements: readonly BoardElement[], differences: Differences | null): ExcalidrawElement[] {
  const shown = elements.filter((element) => !element.isDeleted && isReceivable(element));
  const all = differences === null ? shown : [...shown, ...marks(differences)];
  // The editor remembers what it made of a version: another moment's element of the same version must not look old.
  return restoreElements(all as unknown as readonly ExcalidrawElement[], null);
}

function StillCanvas({ elements, differences, locale, dark, name }: StillProps) {
  const [editor, setEditor] = useState<ExcalidrawImperativeAPI | null>(null);
  const fitted = useRef(false);
  const initialData = useMemo(() => ({ elements: [], appState: { viewModeEnabled: true } }), []);
  const noEmbeds = useCallback(() => false, []);

  useEffect(() => {
    if (editor === null) {
      return;
    }
    const shown = scene(elements, differences);
    editor.updateScene({ elements: shown, captureUpdate: CaptureUpdateAction.NEVER });
    if (!fitted.current && shown.length > 0) {
      fitted.current = true;
      editor.scrollToContent(shown, { fitToContent: true, animate: false });
    }
  }, [editor, elements, differences]);

  return (
    <div className="canvas">
      <Excalidraw
        excalidrawAPI={setEditor}
        initialData={initialData}
        viewModeEnabled
        validateEmbeddable={noEmbeds}
        aiEnabled={false}
        langCode={LANGUAGES[locale]}
        theme={dark ? "dark" : "light"}
        name={name}
        UIOptions={UI}
      >
        {MENU}
      </Excalidraw>
    </div>
  );
}

export default memo(StillCanvas);
