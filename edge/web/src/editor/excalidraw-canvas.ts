/** What the page asks of the canvas, done by the editor's package. */

import type { Canvas } from "../board/canvas.ts";
import { collaboratorsOf } from "./collaborators.ts";
import type { CursorLayer } from "./cursors.ts";
import { CaptureUpdateAction, type ExcalidrawImperativeAPI, type SocketId, zoomToFitBounds } from "./package.ts";

export function excalidrawCanvas(editor: ExcalidrawImperativeAPI, cursors: CursorLayer): Canvas {
  const ids = new Map<string, string>();
  let shown = "";
  return {
    showOthers: (others) => {
      cursors.show(others);
      // The editor renders anew for each new map: it gets one only when something of it is visible.
      const collaborators = collaboratorsOf(others, ids);
      const looks = JSON.stringify([...collaborators]);
      if (looks !== shown) {
        shown = looks;
        editor.updateScene({ collaborators });
      }
    },
    goTo: (viewport) => {
      const { appState } = zoomToFitBounds({
        appState: editor.getAppState(),
        bounds: [...viewport],
        fitToViewport: true,
        viewportZoomFactor: 1,
      });
      editor.updateScene({ appState, captureUpdate: CaptureUpdateAction.NEVER });
    },
    follow: (connection, name) => {
      const userToFollow = connection === null ? null : { socketId: connection as SocketId, username: name };
      editor.updateScene({ appState: { userToFollow }, captureUpdate: CaptureUpdateAction.NEVER });
    },
    exportImage: () => {
      editor.updateScene({
        appState: { openDialog: { name: "imageExport" } },
        captureUpdate: CaptureUpdateAction.NEVER,
      });
    },
  };
}
