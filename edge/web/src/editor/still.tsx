/** A canvas that only shows: a state of the past, and what differs from another one. */

import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Differences } from "../history/differences.ts";
import type { Locale } from "../i18n/translate.ts";
import type { Pictures } from "../pictures/pictures.ts";
import type { BoardElement } from "../protocol/element.ts";
import { isReceivable } from "../protocol/incoming.ts";
import { excalidrawShelf } from "./excalidraw-surface.ts";
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
import { LANGUAGES, UI } from "./set-up.ts";

export interface StillProps {
  readonly pictures: Pictures;
  readonly elements: readonly BoardElement[];
  readonly differences: Differences | null;
  readonly locale: Locale;
  readonly dark: boolean;
  readonly name: string;
}

const STILL_UI: ExcalidrawProps["UIOptions"] = { ...UI, tools: { image: false } };

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

function StillCanvas({ pictures, elements, differences, locale, dark, name }: StillProps) {
  const [editor, setEditor] = useState<ExcalidrawImperativeAPI | null>(null);
  const [loaded, setLoaded] = useState(false);
  const fitted = useRef(false);
  const initialData = useMemo(() => ({ elements: [], appState: { viewModeEnabled: true } }), []);
  const noEmbeds = useCallback(() => false, []);
  // Told only after the editor has shown what it starts with: that would wipe off whatever was shown before.
  const onChange = useCallback(() => setLoaded(true), []);

  useEffect(() => pictures.note(elements), [pictures, elements]);

  useEffect(() => {
    if (editor === null || !loaded) {
      return;
    }
    const shown = scene(elements, differences);
    editor.updateScene({ elements: shown, captureUpdate: CaptureUpdateAction.NEVER });
    // The editor takes a picture only for elements that it has: those that came before are given once more.
    pictures.attach(excalidrawShelf(editor));
    if (!fitted.current && shown.length > 0) {
      fitted.current = true;
      editor.scrollToContent(shown, { fitToContent: true, animate: false });
    }
    return () => pictures.detach();
  }, [editor, loaded, elements, differences, pictures]);

  return (
    <div className="canvas">
      <Excalidraw
        excalidrawAPI={setEditor}
        initialData={initialData}
        onChange={onChange}
        viewModeEnabled
        validateEmbeddable={noEmbeds}
        aiEnabled={false}
        langCode={LANGUAGES[locale]}
        theme={dark ? "dark" : "light"}
        name={name}
        UIOptions={STILL_UI}
      >
        {MENU}
      </Excalidraw>
    </div>
  );
}

export default memo(StillCanvas);
