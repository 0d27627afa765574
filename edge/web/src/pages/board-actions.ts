/** What can be done to a board as a whole, from the list and from the board itself. */

import { teller } from "../activity/visit.ts";
import { archiveBoard, duplicateBoard, exportBoard, restoreBoard, trashBoard } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import type { Board } from "../api/models.ts";
import { setTemplate } from "../api/templates.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { toast } from "../state/toasts.ts";
import { words } from "../state/words.ts";

type Named = Pick<Board, "board_id" | "title">;

/** Does it; a failure is told and answered by `null`. What was given up on purpose is no failure. */
export async function attempt<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) {
      return null;
    }
    toast(faultWords(words(), error), { tone: "error" });
    return null;
  }
}

export async function archive(caller: Caller, board: Named, undone: () => void): Promise<boolean> {
  const t = words();
  const done = await attempt(() => archiveBoard(caller, board.board_id).then(() => true));
  if (done) {
    toast(t("boards.done.archived", { title: board.title }), {
      action: { label: t("common.undo"), run: () => void restore(caller, board).then((back) => back && undone()) },
    });
  }
  return done === true;
}

export async function trash(caller: Caller, board: Named, undone: () => void): Promise<boolean> {
  const t = words();
  const done = await attempt(() => trashBoard(caller, board.board_id).then(() => true));
  if (done) {
    toast(t("boards.done.trashed", { title: board.title }), {
      action: { label: t("common.undo"), run: () => void restore(caller, board).then((back) => back && undone()) },
    });
  }
  return done === true;
}

export async function restore(caller: Caller, board: Named): Promise<boolean> {
  const done = await attempt(() => restoreBoard(caller, board.board_id).then(() => true));
  if (done) {
    toast(words()("boards.done.restored", { title: board.title }));
  }
  return done === true;
}

export async function duplicate(
  caller: Caller,
  board: Named,
  workspaceId: string | null = null,
): Promise<Board | null> {
  const copy = await attempt(() => duplicateBoard(caller, board.board_id, workspaceId));
  if (copy !== null) {
    teller.tell({ type: "activity.feature_used", data: { feature: "board_duplicated", board_id: copy.board_id } });
    toast(words()("boards.done.duplicated", { title: copy.title }));
  }
  return copy;
}

/** Makes a board a template of its workspace, or none any more. */
export async function mark(caller: Caller, board: Named, template: boolean): Promise<boolean> {
  const done = await attempt(() => setTemplate(caller, board.board_id, template).then(() => true));
  if (done) {
    toast(words()(template ? "templates.marked" : "templates.unmarked", { title: board.title }));
  }
  return done === true;
}

export async function saveFile(caller: Caller, board: Named): Promise<void> {
  const blob = await attempt(() => exportBoard(caller, board.board_id));
  if (blob === null) {
    return;
  }
  teller.tell({ type: "activity.feature_used", data: { feature: "board_exported", board_id: board.board_id } });
  keepFile(blob, `${fileName(board.title)}.excalidraw`);
}

/** Lets the browser save a file. */
export function keepFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Without what file systems refuse. */
export function fileName(title: string): string {
  const kept = [...title]
    .map((character) => (/[<>:"/\\|?*]/.test(character) || character < " " ? " " : character))
    .join("");
  return (
    kept
      .replace(/\s+/g, " ")
      .replace(/^[\s.]+|[\s.]+$/g, "")
      .slice(0, 120) || "board"
  );
}
