/** A board in the list. */

import { useState } from "react";
import { type BoardsView, renameBoard } from "../api/boards.ts";
import { me } from "../api/here.ts";
import type { Board } from "../api/models.ts";
import { Cover } from "../parts/cover.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu, type MenuItem } from "../parts/menu.tsx";
import { mayDraw } from "../protocol/board-state.ts";
import { Anchor, go } from "../router.ts";
import { useDates, useWords } from "../state/words.ts";
import { archive, attempt, duplicate, mark, restore, saveFile, trash } from "./board-actions.ts";
import { RenameDialog, TrashDialog } from "./board-dialogs.tsx";
import type { BoardsList } from "./boards-list.ts";

const TRASH_DAYS = 30;
const DAY = 24 * 3600 * 1000;

interface BoardCardProps {
  readonly board: Board;
  readonly view: BoardsView;
  readonly list: BoardsList;
}

export function BoardCard({ board, view, list }: BoardCardProps) {
  const t = useWords();
  const dates = useDates();
  const [asking, setAsking] = useState<"title" | "trash" | null>(null);
  const href = `/b/${board.board_id}`;
  const isOwner = board.role === "owner";

  const leaves = (done: boolean): void => {
    if (done) {
      list.remove(board.board_id);
    }
  };
  const items: Readonly<Record<string, MenuItem>> = {
    open: { text: t("boards.open"), run: () => go(href) },
    rename: { text: t("boards.rename"), run: () => setAsking("title") },
    duplicate: {
      text: t("boards.duplicate"),
      run: () => void duplicate(me, board, list.workspaceId).then((copy) => copy !== null && list.reload()),
    },
    template: {
      text: t(board.template ? "templates.unmark" : "templates.mark"),
      run: () =>
        void mark(me, board, board.template !== true).then(
          (done) => done && list.change(board.board_id, { template: board.template !== true }),
        ),
    },
    export: { text: t("boards.export"), run: () => void saveFile(me, board) },
    archive: {
      text: t("boards.archive"),
      icon: "archive",
      run: () => void archive(me, board, list.reload).then(leaves),
    },
    restore: { text: t("boards.restore"), icon: "restore", run: () => void restore(me, board).then(leaves) },
    trash: { text: t("boards.trash"), icon: "trash", danger: true, run: () => setAsking("trash") },
  };
  const some = (...names: string[]): MenuItem[] => names.flatMap((name) => items[name] ?? []);
  const groups =
    view === "trash"
      ? [some("restore")]
      : view === "archive"
        ? [some("open", "duplicate", "export"), isOwner ? some("restore", "trash") : []]
        : [
            some("open", ...(mayDraw(board.role) ? ["rename"] : []), "duplicate", "export"),
            isOwner ? some("template", "archive", "trash") : [],
          ];

  const facts =
    view === "trash" && board.trashed_at !== undefined
      ? t("boards.trashed", { n: daysLeft(board.trashed_at) })
      : t("boards.created", { date: dates(board.created_at) });
  const face = (
    <>
      <Cover seed={board.board_id} />
      <span className="board-title">{board.title}</span>
      <span className="board-facts">
        {isOwner ? null : (
          <span className="board-role">
            <Icon name={mayDraw(board.role) ? "people" : "eye"} size={16} />
            {t(`role.${board.role}`)}
          </span>
        )}
        {board.template ? <span className="board-role">{t("templates.badge")}</span> : null}
        <span>{facts}</span>
      </span>
    </>
  );
  return (
    <li className="board-card">
      {view === "trash" ? (
        <div className="board-face">{face}</div>
      ) : (
        <Anchor href={href} className="board-face">
          {face}
        </Anchor>
      )}
      <Menu label={t("boards.menu", { title: board.title })} trigger={<Icon name="more" />} groups={groups} />
      {asking === "title" ? (
        <RenameDialog
          title={board.title}
          onClose={() => setAsking(null)}
          onRename={async (title) => {
            const done = await attempt(() => renameBoard(me, board.board_id, title).then(() => true));
            if (done) {
              list.change(board.board_id, { title });
            }
            return done === true;
          }}
        />
      ) : null}
      {asking === "trash" ? (
        <TrashDialog
          title={board.title}
          onClose={() => setAsking(null)}
          onTrash={() => void trash(me, board, list.reload).then(leaves)}
        />
      ) : null}
    </li>
  );
}

function daysLeft(trashedAt: string): number {
  return Math.max(0, Math.ceil(TRASH_DAYS - (Date.now() - Date.parse(trashedAt)) / DAY));
}
