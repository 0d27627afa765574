/** What the pages of one workspace share: its name, its tabs, and clear words where one has no access. */

import { type ReactNode, useEffect } from "react";
import type { User } from "../api/models.ts";
import type { Workspace } from "../api/workspaces.ts";
import { Button } from "../parts/button.tsx";
import { Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { WorkspaceSwitch } from "../parts/workspace-switch.tsx";
import { Anchor, go } from "../router.ts";
import { useWords } from "../state/words.ts";
import { loadWorkspaces, useWorkspaces } from "../state/workspaces.ts";
import { workspaceName } from "./workspace-name.ts";

export type WorkspaceTab = "boards" | "members" | "activity" | "audit" | "webhooks";

const TABS: readonly WorkspaceTab[] = ["boards", "members", "activity", "audit", "webhooks"];
const FOR_ADMINS: readonly WorkspaceTab[] = ["audit", "webhooks"];
const FOR_MANAGERS: readonly WorkspaceTab[] = ["activity"];

function closedFor(role: Workspace["role"]): readonly WorkspaceTab[] {
  return role === "manager" ? FOR_ADMINS : [...FOR_ADMINS, ...FOR_MANAGERS];
}

interface WorkspacePageProps {
  readonly user: User;
  readonly workspaceId: string;
  readonly tab: WorkspaceTab;
  readonly children: (workspace: Workspace) => ReactNode;
}

export function WorkspacePage({ user, workspaceId, tab, children }: WorkspacePageProps) {
  const t = useWords();
  const { status, items } = useWorkspaces(user.user_id);
  const workspace = items.find((one) => one.workspace_id === workspaceId) ?? null;
  const title = workspace === null ? "" : `${t(`workspace.tab.${tab}`)} · ${workspaceName(t, workspace)}`;
  useEffect(() => {
    if (title !== "") {
      document.title = `${title} · Doska`;
    }
  }, [title]);
  if (workspace === null && status === "ready") {
    return <NoWorkspace />;
  }
  return (
    <div className="boards">
      <PageHead user={user}>
        <WorkspaceSwitch user={user} workspaceId={workspaceId} />
      </PageHead>
      <main className="boards-main" id="content" aria-busy={workspace === null && status === "loading"}>
        {workspace === null ? (
          status === "failed" && (
            <div className="empty" role="alert">
              <h1>{t("share.loadFailed")}</h1>
              <Button onClick={() => void loadWorkspaces(user.user_id)}>{t("common.retry")}</Button>
            </div>
          )
        ) : (
          <>
            <WorkspaceTabs workspace={workspace} tab={tab} />
            {children(workspace)}
          </>
        )}
      </main>
    </div>
  );
}

export function WorkspaceTabs({ workspace, tab }: { readonly workspace: Workspace; readonly tab: WorkspaceTab }) {
  const t = useWords();
  const base = `/w/${workspace.workspace_id}`;
  const tabs: readonly WorkspaceTab[] =
    workspace.role === "admin" ? TABS : TABS.filter((one) => !closedFor(workspace.role).includes(one));
  return (
    <nav className="tabs" aria-label={t("workspace.tabs")}>
      {tabs.map((one) => (
        <Anchor
          key={one}
          className="tab"
          href={one === "boards" ? base : `${base}/${one}`}
          aria-current={one === tab ? "page" : undefined}
        >
          {t(`workspace.tab.${one}`)}
        </Anchor>
      ))}
    </nav>
  );
}

/** The same for a workspace that one left or was taken out of, and for one that never was. */
export function NoWorkspace() {
  const t = useWords();
  return (
    <Notice title={t("workspace.gone.title")} text={t("workspace.gone.text")} drawing="door">
      <Button look="main" onClick={() => go("/")}>
        {t("common.back")}
      </Button>
    </Notice>
  );
}
