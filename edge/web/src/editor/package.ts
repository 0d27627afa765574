/**
 * The editor's package, pinned, behind one door: no other module imports it, so that its next release changes one
 * folder. What its next release changes is known: see the README of this client.
 */

import "@excalidraw/excalidraw/index.css";

export {
  bumpVersion,
  CaptureUpdateAction,
  Excalidraw,
  exportToBlob,
  getSceneVersion,
  getVisibleSceneBounds,
  isInvisiblySmallElement,
  MainMenu,
  newElementWith,
  reconcileElements,
  restoreElements,
  zoomToFitBounds,
} from "@excalidraw/excalidraw";
export type {
  ExcalidrawElement,
  ExcalidrawImageElement,
  OrderedExcalidrawElement,
} from "@excalidraw/excalidraw/element/types";
export type {
  AppState,
  BinaryFiles,
  Collaborator,
  ExcalidrawImperativeAPI,
  ExcalidrawInitialDataState,
  ExcalidrawProps,
  LibraryItems,
  SocketId,
} from "@excalidraw/excalidraw/types";
