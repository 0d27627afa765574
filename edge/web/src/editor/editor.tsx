/** The canvas of a board: the editor's package, bound to a live board. Loaded apart from the other pages. */

import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { LiveBoard } from "../board/live-board.ts";
import { CommentLayer } from "../comments/comment-layer.tsx";
import type { Locale, Translate } from "../i18n/translate.ts";
import { isTaken } from "../pictures/picture.ts";
import { PictureStatus } from "../pictures/picture-status.tsx";
import { sha256 } from "../pictures/sha256.ts";
import { embedIsAllowed } from "../protocol/link.ts";
import { isKnownType } from "../protocol/outgoing.ts";
import { toast } from "../state/toasts.ts";
import { CursorLayer } from "./cursors.ts";
import { excalidrawCanvas } from "./excalidraw-canvas.ts";
import { excalidrawShelf, excalidrawSurface } from "./excalidraw-surface.ts";
import { watchIdleness } from "./idle.ts";
import {
  type AppState,
  Excalidraw,
  type ExcalidrawImperativeAPI,
  type ExcalidrawInitialDataState,
  type ExcalidrawProps,
  getVisibleSceneBounds,
  MainMenu,
} from "./package.ts";
import { remember, rememberedLibrary, rememberedTools, rememberedView, rememberLibrary } from "./preferences.ts";
import { LANGUAGES, UI } from "./set-up.ts";
import { excalidrawViewport, type MovingViewport } from "./viewport.ts";

export interface EditorProps {
  readonly live: LiveBoard;
  readonly title: string;
  readonly locale: Locale;
  readonly dark: boolean;
  readonly readOnly: boolean;
  readonly embedHosts: readonly string[];
  readonly t: Translate;
}

const SELECTION_MOST = 200;

const MENU = (
  <MainMenu>
    <MainMenu.DefaultItems.SearchMenu />
    <MainMenu.DefaultItems.SaveAsImage />
    <MainMenu.DefaultItems.Help />
  </MainMenu>
);

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

async function initialData(live: LiveBoard): Promise<ExcalidrawInitialDataState> {
  const elements = live.scene.initial(await live.initial);
  const view = rememberedView(live.boardId);
  return {
    elements: elements as unknown as NonNullable<ExcalidrawInitialDataState["elements"]>,
    appState: { ...rememberedTools(), ...view },
    scrollToContent: view === null,
    libraryItems: rememberedLibrary(),
  };
}

/** A first visit shows the whole of the board, never larger than it is. Returns how to call it off. */
function fitWhenLoaded(editor: ExcalidrawImperativeAPI): () => void {
  let frame = 0;
  const look = (): void => {
    if (editor.getAppState().isLoading) {
      frame = requestAnimationFrame(look);
    } else if (editor.getSceneElements().length > 0) {
      editor.scrollToContent(undefined, { fitToContent: true, animate: false });
    }
  };
  frame = requestAnimationFrame(look);
  return () => cancelAnimationFrame(frame);
}

/** Tells the others what this person sees and has selected, when it changes. */
function usePresence(live: LiveBoard): (state: AppState) => void {
  const last = useRef({ viewport: "", selection: {} as AppState["selectedElementIds"] });
  return useCallback(
    (state: AppState) => {
      const viewport = getVisibleSceneBounds(state).map(tenths);
      const key = viewport.join();
      if (key !== last.current.viewport) {
        last.current.viewport = key;
        live.show({ viewport });
      }
      if (state.selectedElementIds !== last.current.selection) {
        last.current.selection = state.selectedElementIds;
        live.show({ selection: Object.keys(state.selectedElementIds).slice(0, SELECTION_MOST) });
      }
    },
    [live],
  );
}

function EditorOfBoard({ live, title, locale, dark, readOnly, embedHosts, t }: EditorProps) {
  const [editor, setEditor] = useState<ExcalidrawImperativeAPI | null>(null);
  const layer = useRef<HTMLDivElement>(null);
  const cursors = useRef<CursorLayer | null>(null);
  const viewport = useRef<MovingViewport | null>(null);
  const data = useMemo(() => initialData(live), [live]);
  const tellPresence = usePresence(live);

  // Undone before the editor is: one that was taken down says that it holds nothing, as if all had been erased.
  useLayoutEffect(() => {
    if (editor === null || layer.current === null) {
      return undefined;
    }
    layer.current.replaceChildren();
    const cursorLayer = new CursorLayer(layer.current);
    cursors.current = cursorLayer;
    const surface = excalidrawSurface(editor);
    live.scene.attach(surface);
    live.attach(excalidrawCanvas(editor, cursorLayer), surface.elements);
    live.pictures.attach(excalidrawShelf(editor));
    viewport.current = excalidrawViewport(editor);
    live.comments.attach(viewport.current);
    live.changed();
    const afterGesture = (): void => {
      setTimeout(() => live.scene.flush(), 0);
    };
    const keep = (): void => {
      live.scene.flush();
      remember(live.boardId, editor.getAppState());
    };
    const stopIdleness = watchIdleness((idle) => live.show({ idle }));
    // The property of this name is never called by this release of the package.
    const stopFollowing = editor.onUserFollow(({ userToFollow, action }) => {
      if (action === "FOLLOW") {
        live.followed(userToFollow.socketId);
      } else if (editor.getAppState().userToFollow === null) {
        live.followed(null);
      }
    });
    const stopFitting = rememberedView(live.boardId) === null ? fitWhenLoaded(editor) : () => undefined;
    window.addEventListener("pointerup", afterGesture);
    window.addEventListener("blur", keep);
    window.addEventListener("pagehide", keep);
    return () => {
      keep();
      stopIdleness();
      stopFollowing();
      stopFitting();
      window.removeEventListener("pointerup", afterGesture);
      window.removeEventListener("blur", keep);
      window.removeEventListener("pagehide", keep);
      live.detach();
      live.pictures.detach();
      live.comments.detach();
      live.scene.detach();
    };
  }, [editor, live]);

  const onChange = useCallback<NonNullable<ExcalidrawProps["onChange"]>>(
    (_, state) => {
      live.changed();
      tellPresence(state);
      cursors.current?.move({ scrollX: state.scrollX, scrollY: state.scrollY, zoom: state.zoom.value });
      viewport.current?.changed();
    },
    [live, tellPresence],
  );
  const onScrollChange = useCallback<NonNullable<ExcalidrawProps["onScrollChange"]>>((scrollX, scrollY, zoom) => {
    cursors.current?.move({ scrollX, scrollY, zoom: zoom.value });
    viewport.current?.changed();
  }, []);
  const onPointerUpdate = useCallback<NonNullable<ExcalidrawProps["onPointerUpdate"]>>(
    ({ pointer, button, pointersMap }) => {
      if (pointersMap.size <= 1) {
        live.show({ pointer: { x: tenths(pointer.x), y: tenths(pointer.y), tool: pointer.tool }, button });
      }
    },
    [live],
  );
  const onPaste = useCallback<NonNullable<ExcalidrawProps["onPaste"]>>(
    (pasted) => {
      const elements = pasted.elements;
      if (elements === undefined) {
        return true;
      }
      const kept = elements.filter((element) => isKnownType(element.type));
      if (kept.length < elements.length) {
        toast(t("board.foreign"), { tone: "error" });
        pasted.elements = kept;
      }
      return kept.length > 0;
    },
    [t],
  );
  const validateEmbeddable = useCallback((link: string) => embedIsAllowed(link, embedHosts), [embedHosts]);
  const refuseFiles = useCallback(
    (event: React.DragEvent) => {
      const files = [...event.dataTransfer.files];
      if (files.length > 0 && !files.every((file) => isTaken(file.type))) {
        event.preventDefault();
        event.stopPropagation();
        const images = files.some((file) => file.type.startsWith("image/"));
        toast(t(images ? "board.images" : "board.dropFile"), { tone: "error" });
      }
    },
    [t],
  );
  const nameOfPicture = useCallback(
    async (file: File) => {
      // Of the file itself, before the editor makes it smaller; as long as the editor's own names.
      const name = (await sha256(new Uint8Array(await file.arrayBuffer()))).slice(0, 40);
      live.pictures.named(name, file.name);
      return name;
    },
    [live],
  );
  const leave = useCallback(() => live.show({ pointer: null }), [live]);

  return (
    <div className="canvas" onDropCapture={refuseFiles} onPointerLeave={leave}>
      <Excalidraw
        excalidrawAPI={setEditor}
        initialData={data}
        onChange={onChange}
        onScrollChange={onScrollChange}
        onPointerUpdate={onPointerUpdate}
        onPaste={onPaste}
        onLibraryChange={rememberLibrary}
        generateIdForFile={nameOfPicture}
        validateEmbeddable={validateEmbeddable}
        aiEnabled={false}
        isCollaborating
        viewModeEnabled={readOnly ? true : undefined}
        langCode={LANGUAGES[locale]}
        theme={dark ? "dark" : "light"}
        name={title}
        UIOptions={UI}
        autoFocus
      >
        {MENU}
      </Excalidraw>
      <div className="cursors" ref={layer} aria-hidden="true" />
      <PictureStatus pictures={live.pictures} />
      <CommentLayer comments={live.comments} />
    </div>
  );
}

export default memo(EditorOfBoard);
