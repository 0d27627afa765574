/** The bar above the canvas: where one is, whether it is safe, who is here, and what can be done with the board. */

import { useState } from "react";
import type { User } from "../api/models.ts";
import { CommentButtons } from "../comments/comment-buttons.tsx";
import { archive, duplicate, restore, saveFile, trash } from "../pages/board-actions.ts";
import { TrashDialog } from "../pages/board-dialogs.tsx";
import { useLanguageItems, useThemeItems } from "../parts/appearance.tsx";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Mark } from "../parts/logo.tsx";
import { Menu, type MenuItem } from "../parts/menu.tsx";
import { mayComment, mayDraw } from "../protocol/board-state.ts";
import { Anchor, go } from "../router.ts";
import { ShareDialog } from "../share/share-dialog.tsx";
import { useWords } from "../state/words.ts";
import type { BoardView } from "./board-view.ts";
import type { LiveBoard } from "./live-board.ts";
import { PeopleBar } from "./people-bar.tsx";
import { Status } from "./status.tsx";
import { Title } from "./title.tsx";

interface BarProps {
  readonly board: BoardView;
  readonly live: LiveBoard;
  readonly user: User | null;
  readonly onRename: (title: string) => void;
}

export function Bar({ board, live, user, onRename }: BarProps) {
  const t = useWords();
  const [dialog, setDialog] = useState<"share" | "trash" | null>(null);
  const isOwner = board.granted === "owner" && user !== null;
  const canDraw = mayDraw(board.role);
  const myUserId = board.people.find((person) => person.isMe)?.userId ?? user?.user_id ?? null;

  return (
    <header className="bar">
      <Anchor href="/" className="bar-home" aria-label={t("app.home")} title={t("app.home")}>
        <Mark />
      </Anchor>
      <Title title={board.title} editable={canDraw} onRename={onRename} />
      <Badge board={board} />
      <Status phase={board.phase} unsaved={board.unsaved} kept={board.kept} role={board.role} />
      <span className="bar-space" />
      <PeopleBar people={board.people} following={board.following} onFollow={(connection) => live.follow(connection)} />
      <CommentButtons comments={live.comments} />
      {isOwner ? (
        <Button look="main" icon="people" className="share-button" onClick={() => setDialog("share")}>
          {t("board.share")}
        </Button>
      ) : null}
      <BarMenu board={board} live={live} user={user} isOwner={isOwner} onTrash={() => setDialog("trash")} />
      {dialog === "share" ? (
        <ShareDialog
          boardId={board.boardId}
          title={board.title}
          caller={live.caller}
          myUserId={myUserId}
          onClose={() => setDialog(null)}
        />
      ) : null}
      {dialog === "trash" ? (
        <TrashDialog
          title={board.title}
          onClose={() => setDialog(null)}
          onTrash={() =>
            void trash(live.caller, { board_id: board.boardId, title: board.title }, () => undefined).then(
              (done) => done && go("/"),
            )
          }
        />
      ) : null}
    </header>
  );
}

function originHref({ boardId, position }: { readonly boardId: string; readonly position: string }): string {
  return `/b/${boardId}?${new URLSearchParams({ at: position })}`;
}

/** Why one cannot draw, when one cannot. */
function Badge({ board }: { readonly board: BoardView }) {
  const t = useWords();
  if (board.archived) {
    return (
      <span className="badge" title={t("board.archived.hint")} data-badge="archived">
        <Icon name="archive" size={16} />
        {t("board.archived")}
      </span>
    );
  }
  if (!mayDraw(board.role) && mayComment(board.role)) {
    return (
      <span className="badge" title={t("board.commentOnly.hint")} data-badge="commenter">
        <Icon name="comment" size={16} />
        {t("board.commentOnly")}
      </span>
    );
  }
  if (!mayDraw(board.role)) {
    return (
      <span className="badge" title={t("board.viewOnly.hint")} data-badge="viewer">
        <Icon name="eye" size={16} />
        {t("board.viewOnly")}
      </span>
    );
  }
  return null;
}

interface BarMenuProps extends Omit<BarProps, "onRename"> {
  readonly isOwner: boolean;
  readonly onTrash: () => void;
}

function BarMenu({ board, live, user, isOwner, onTrash }: BarMenuProps) {
  const t = useWords();
  const languages = useLanguageItems();
  const themes = useThemeItems();
  const named = { board_id: board.boardId, title: board.title };
  const past: MenuItem[] = [
    { text: t("history.open"), icon: "history", run: () => go(`/b/${board.boardId}?at=now`) },
    ...(board.origin === null
      ? []
      : [{ text: t("history.source"), run: () => go(originHref(board.origin ?? { boardId: "", position: "" })) }]),
  ];
  const copies: MenuItem[] = [
    { text: t("board.exportImage"), run: () => live.exportImage() },
    { text: t("boards.export"), run: () => void saveFile(live.caller, named) },
    ...(user === null
      ? []
      : [
          {
            text: t("boards.duplicate"),
            run: () => void duplicate(live.caller, named).then((copy) => copy !== null && go(`/b/${copy.board_id}`)),
          },
        ]),
  ];
  const keeping: MenuItem[] = isOwner
    ? [
        board.archived
          ? { text: t("boards.restore"), icon: "restore", run: () => void restore(live.caller, named) }
          : {
              text: t("boards.archive"),
              icon: "archive",
              run: () => void archive(live.caller, named, () => undefined),
            },
        { text: t("boards.trash"), icon: "trash", danger: true, run: onTrash },
      ]
    : [];
  return (
    <Menu
      label={t("board.menu")}
      trigger={<Icon name="more" />}
      groups={[
        past,
        copies,
        languages,
        themes,
        keeping,
        user === null ? [{ text: t("auth.signIn"), run: () => go(`/signin?next=/b/${board.boardId}`) }] : [],
      ]}
    />
  );
}
