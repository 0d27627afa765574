/** A canvas that only shows: a state of the past, and what differs from another one. */

import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Caller } from "../api/caller.ts";
import type { Differences } from "../history/differences.ts";
import type { Locale } from "../i18n/translate.ts";
import { Pictures, type PicturesListener } from "../pictures/pictures.ts";
import { apiFiles } from "../pictures/source.ts";
import { systemClock } from "../protocol/clock.ts";
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
  /** Whose pictures are read, and as whom. */
  readonly boardId: string;
  readonly caller: Caller;
  readonly elements: readonly BoardElement[];
  readonly differences: Differences | null;
  readonly locale: Locale;
  readonly dark: boolean;
  readonly name: string;
}

const STILL_UI: ExcalidrawProps["UIOptions"] = { ...UI, tools: { image: false } };

/** Nothing is uploaded from a canvas that only shows. */
const NO_UPLOADS: PicturesListener = { onReady: () => undefined, onRefused: () => undefined };

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

function StillCanvas({ boardId, caller, elements, differences, locale, dark, name }: StillProps) {
  const [editor, setEditor] = useState<ExcalidrawImperativeAPI | null>(null);
  const [loaded, setLoaded] = useState(false);
  const fitted = useRef(false);
  const pictures = useMemo(() => new Pictures(apiFiles(caller, boardId), systemClock, NO_UPLOADS), [caller, boardId]);
  const initialData = useMemo(() => ({ elements: [], appState: { viewModeEnabled: true } }), []);
  const noEmbeds = useCallback(() => false, []);
  // Told only after the editor has shown what it starts with: that would wipe off whatever was shown before.
  const onChange = useCallback(() => setLoaded(true), []);

  useEffect(() => () => pictures.stop(), [pictures]);

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
