/** The seam of the scene, filled by the editor's package. */

import type { Picture, Shelf } from "../pictures/picture.ts";
import type { BoardElement } from "../protocol/element.ts";
import {
  type BinaryFiles,
  bumpVersion,
  CaptureUpdateAction,
  type ExcalidrawElement,
  type ExcalidrawImperativeAPI,
  isInvisiblySmallElement,
  type OrderedExcalidrawElement,
  reconcileElements,
  restoreElements,
} from "./package.ts";
import type { Surface } from "./surface.ts";

type Editor = Pick<ExcalidrawImperativeAPI, "getSceneElementsIncludingDeleted" | "getAppState" | "updateScene">;

// The package's types say the same in more words; here is the one place where the two meet.
const theirs = (elements: readonly BoardElement[]) => elements as unknown as readonly OrderedExcalidrawElement[];
const ours = (elements: readonly ExcalidrawElement[]) => elements as unknown as BoardElement[];

export function excalidrawSurface(editor: Editor): Surface {
  return {
    elements: () => ours(editor.getSceneElementsIncludingDeleted()),
    isEditing: () => {
      const { editingTextElement, resizingElement, newElement } = editor.getAppState();
      return editingTextElement !== null || resizingElement !== null || newElement !== null;
    },
    isLoading: () => editor.getAppState().isLoading,
    restore: (elements) => ours(restoreElements(theirs(elements), null)),
    reconcile: (remote) =>
      ours(
        reconcileElements(
          editor.getSceneElementsIncludingDeleted(),
          theirs(remote) as Parameters<typeof reconcileElements>[1],
          editor.getAppState(),
        ),
      ),
    show: (elements) => editor.updateScene({ elements: theirs(elements), captureUpdate: CaptureUpdateAction.NEVER }),
    isTooSmall: (element) => isInvisiblySmallElement(element as unknown as ExcalidrawElement),
    edited: (element, fields) =>
      bumpVersion({ ...element, ...fields } as unknown as Parameters<typeof bumpVersion>[0]) as unknown as BoardElement,
  };
}

/** What the editor keeps of pictures. */
export function excalidrawShelf(editor: Pick<ExcalidrawImperativeAPI, "getFiles" | "addFiles">): Shelf {
  return {
    get: (id) => editor.getFiles()[id] as Picture | undefined,
    add: (picture) => {
      const file = { ...picture, created: Date.now() };
      editor.addFiles([file as unknown as Parameters<ExcalidrawImperativeAPI["addFiles"]>[0][number]]);
    },
  };
}

/** Pictures as the package takes them for an image of some elements. */
export function filesOf(pictures: readonly Picture[]): BinaryFiles {
  return Object.fromEntries(
    pictures.map((picture) => [picture.id, { ...picture, created: 0 }]),
  ) as unknown as BinaryFiles;
}
