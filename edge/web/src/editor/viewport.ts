/** Tells comments what the canvas shows and where. */

import type { Box, Point } from "../comments/anchors.ts";
import type { View, Viewport } from "../comments/viewport.ts";
import { createStore } from "../state/store.ts";
import { CaptureUpdateAction, type ExcalidrawImperativeAPI, getSceneVersion } from "./package.ts";

export interface MovingViewport extends Viewport {
  /** The editor says that something changed. */
  changed(): void;
}

export function excalidrawViewport(editor: ExcalidrawImperativeAPI): MovingViewport {
  const store = createStore<View>({ ...placeOf(editor), drawn: 0 });
  let boxes: ReadonlyMap<string, Box> | null = null;
  const living = (): ReadonlyMap<string, Box> => {
    boxes ??= new Map(editor.getSceneElements().map((element) => [element.id, element]));
    return boxes;
  };
  return {
    get: store.get,
    subscribe: store.subscribe,
    element: (id) => living().get(id),
    elements: () => [...living().values()],
    goTo: ({ x, y }: Point) => {
      const { width, height, zoom } = editor.getAppState();
      editor.updateScene({
        appState: { scrollX: width / 2 / zoom.value - x, scrollY: height / 2 / zoom.value - y },
        captureUpdate: CaptureUpdateAction.NEVER,
      });
    },
    changed: () => {
      boxes = null;
      store.set({ ...placeOf(editor), drawn: getSceneVersion(editor.getSceneElementsIncludingDeleted()) });
    },
  };
}

function placeOf(editor: ExcalidrawImperativeAPI): Omit<View, "drawn"> {
  const { scrollX, scrollY, zoom, width, height } = editor.getAppState();
  return { scrollX, scrollY, zoom: zoom.value, width, height };
}
