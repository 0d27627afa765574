/** My boards: find one, make one, bring one in, put one away. */

import { type DragEvent, useEffect, useRef, useState } from "react";
import { teller } from "../activity/visit.ts";
import { type BoardsView, createBoard, importBoard } from "../api/boards.ts";
import { me } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { isProblem } from "../api/problem.ts";
import type { Workspace } from "../api/workspaces.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Drawing } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { WorkspaceSwitch } from "../parts/workspace-switch.tsx";
import { go } from "../router.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";
import { useWorkspaces } from "../state/workspaces.ts";
import { attempt } from "./board-actions.ts";
import { BoardCard } from "./board-card.tsx";
import { type BoardsList, useBoardsList } from "./boards-list.ts";
import { useRested } from "./rested.ts";
import { TemplatePicker } from "./template-picker.tsx";
import { workspaceName } from "./workspace-name.ts";
import { NoWorkspace, WorkspaceTabs } from "./workspace-page.tsx";

const VIEWS: readonly BoardsView[] = ["active", "archive", "trash"];
const SKELETONS = 8;
const IMPORT_TYPES = ".excalidraw,.json,application/json,application/vnd.excalidraw+json";

export function BoardsPage({ user }: { readonly user: User }) {
  return <Boards user={user} workspace={null} />;
}

/** The boards of one workspace that one has a role on; new ones are made in it. */
export function WorkspaceBoardsPage({ user, workspaceId }: { readonly user: User; readonly workspaceId: string }) {
  const { status, items } = useWorkspaces(user.user_id);
  const workspace = items.find((one) => one.workspace_id === workspaceId);
  if (workspace === undefined && status === "ready") {
    return <NoWorkspace />;
  }
  // Until one's role in it is known it has no tabs; its boards need not wait for that.
  return <Boards user={user} workspace={workspace ?? { workspace_id: workspaceId }} />;
}

interface BoardsProps {
  readonly user: User;
  /** `null`: the boards of all workspaces. */
  readonly workspace: Workspace | Pick<Workspace, "workspace_id"> | null;
}

function Boards({ user, workspace }: BoardsProps) {
  const t = useWords();
  const workspaceId = workspace?.workspace_id ?? null;
  const title =
    workspace === null ? t("boards.title") : "name" in workspace ? workspaceName(t, workspace) : t("app.loading");
  const [view, setView] = useState<BoardsView>("active");
  const [text, setText] = useState("");
  const wanted = useRested(text.trim());
  const list = useBoardsList(view, wanted, workspaceId);
  const [busy, setBusy] = useState<"create" | "import" | null>(null);
  const [dropping, setDropping] = useState(false);
  const [picking, setPicking] = useState(false);
  const file = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${title} · Doska`;
  }, [title]);

  const create = async (): Promise<void> => {
    setBusy("create");
    const board = await attempt(() => createBoard(me, t("boards.untitled"), workspaceId));
    setBusy(null);
    if (board !== null) {
      teller.tell({ type: "activity.feature_used", data: { feature: "board_created", board_id: board.board_id } });
      go(`/b/${board.board_id}`);
    }
  };
  const bring = async (files: readonly File[]): Promise<void> => {
    setBusy("import");
    for (const one of files) {
      try {
        const board = await importBoard(me, one, workspaceId);
        teller.tell({ type: "activity.feature_used", data: { feature: "board_imported", board_id: board.board_id } });
        toast(t("boards.done.imported", { title: board.title }), {
          action: { label: t("boards.open"), run: () => go(`/b/${board.board_id}`) },
        });
      } catch (error) {
        const notOne = isProblem(error, "malformed") || isProblem(error, "schema_invalid");
        const why = notOne ? t("boards.import.notFile") : faultWords(t, error);
        toast(t("boards.import.failed", { name: one.name, why }), { tone: "error" });
      }
    }
    setBusy(null);
    setView("active");
    list.reload();
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    const files = [...event.dataTransfer.files];
    if (files.length > 0) {
      void bring(files);
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file is a shortcut of the import button
    <div
      className={`boards ${dropping ? "is-dropping" : ""}`}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes("Files")) {
          event.preventDefault();
          setDropping(true);
        }
      }}
      onDragLeave={(event) => event.currentTarget === event.target && setDropping(false)}
      onDrop={drop}
    >
      <PageHead user={user}>
        <WorkspaceSwitch user={user} workspaceId={workspaceId} />
        <label className="search">
          <Icon name="search" size={18} />
          <span className="sr-only">{t("boards.search")}</span>
          <input
            type="search"
            value={text}
            placeholder={t("boards.search")}
            maxLength={200}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      </PageHead>
      <main className="boards-main" id="content">
        {workspace !== null && "name" in workspace ? <WorkspaceTabs workspace={workspace} tab="boards" /> : null}
        <div className="boards-top">
          <h1>{title}</h1>
          <div className="boards-actions">
            <Button
              icon="upload"
              busy={busy === "import"}
              onClick={() => file.current?.click()}
              title={t("boards.import.hint")}
            >
              {t("boards.import")}
            </Button>
            <Button icon="template" onClick={() => setPicking(true)}>
              {t("templates.from")}
            </Button>
            <Button look="main" icon="plus" busy={busy === "create"} onClick={() => void create()}>
              {t("boards.new")}
            </Button>
          </div>
          <input
            ref={file}
            type="file"
            hidden
            accept={IMPORT_TYPES}
            multiple
            onChange={(event) => {
              void bring([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
        </div>
        <fieldset className="segments">
          <legend className="sr-only">{t("boards.view.label")}</legend>
          {VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              className="segment"
              aria-pressed={view === one}
              onClick={() => setView(one)}
            >
              {t(`boards.view.${one}`)}
            </button>
          ))}
        </fieldset>
        <BoardsGrid key={view} list={list} view={view} text={wanted} onCreate={() => void create()} />
      </main>
      {picking ? <TemplatePicker workspaceId={workspaceId} onClose={() => setPicking(false)} /> : null}
      {dropping ? <div className="drop-hint">{t("boards.import.drop")}</div> : null}
    </div>
  );
}

interface BoardsGridProps {
  readonly list: BoardsList;
  readonly view: BoardsView;
  readonly text: string;
  readonly onCreate: () => void;
}

function BoardsGrid({ list, view, text, onCreate }: BoardsGridProps) {
  const t = useWords();
  if (list.status === "failed") {
    return (
      <div className="empty" role="alert">
        <Drawing name="broken" />
        <h2>{t("boards.loadFailed")}</h2>
        <p>{t("error.network")}</p>
        <Button onClick={list.reload}>{t("common.retry")}</Button>
      </div>
    );
  }
  if (list.status === "loading") {
    return (
      <ul className="board-grid" aria-busy="true" aria-label={t("app.loading")}>
        {Array.from({ length: SKELETONS }, (_, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have nothing else
          <li key={place} className="board-card is-skeleton" />
        ))}
      </ul>
    );
  }
  if (list.items.length === 0) {
    return <Nothing view={view} text={text} onCreate={onCreate} />;
  }
  return (
    <>
      <ul className="board-grid">
        {list.items.map((board) => (
          <BoardCard key={board.board_id} board={board} view={view} list={list} />
        ))}
      </ul>
      {list.hasMore ? (
        <Button className="more" busy={list.isLoadingMore} onClick={list.loadMore}>
          {t("boards.more")}
        </Button>
      ) : null}
    </>
  );
}

function Nothing({ view, text, onCreate }: Pick<BoardsGridProps, "view" | "text" | "onCreate">) {
  const t = useWords();
  if (text !== "") {
    return (
      <div className="empty">
        <Drawing name="lost" />
        <h2>{t("boards.search.none", { q: text })}</h2>
        <p>{t("boards.search.none.text")}</p>
      </div>
    );
  }
  if (view !== "active") {
    return (
      <div className="empty">
        <Drawing name="door" />
        <h2>{t(`boards.empty.${view}`)}</h2>
        <p>{t(`boards.empty.${view}.text`)}</p>
      </div>
    );
  }
  return (
    <div className="empty">
      <Drawing name="empty" />
      <h2>{t("boards.empty.title")}</h2>
      <p>{t("boards.empty.text")}</p>
      <Button look="main" icon="plus" onClick={onCreate}>
        {t("boards.new")}
      </Button>
    </div>
  );
}
