/** Which workspace one looks at, and the way to another. */

import { useState } from "react";
import type { User } from "../api/models.ts";
import { WorkspaceNameDialog } from "../pages/workspace-dialogs.tsx";
import { workspaceName } from "../pages/workspace-name.ts";
import { go } from "../router.ts";
import { useApp } from "../state/app-store.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";
import { addWorkspace, inOrder, useWorkspaces } from "../state/workspaces.ts";
import { Icon } from "./icon.tsx";
import { Menu } from "./menu.tsx";

interface WorkspaceSwitchProps {
  readonly user: User;
  /** `null`: all boards, of whatever workspace. */
  readonly workspaceId: string | null;
}

export function WorkspaceSwitch({ user, workspaceId }: WorkspaceSwitchProps) {
  const t = useWords();
  const locale = useApp((state) => state.locale);
  const [naming, setNaming] = useState(false);
  const items = inOrder(useWorkspaces(user.user_id).items, locale);
  const current = items.find((one) => one.workspace_id === workspaceId) ?? null;
  const name = current === null ? t("workspace.all") : workspaceName(t, current);
  return (
    <>
      <Menu
        label={t("workspace.switch", { name })}
        triggerClass="workspace-switch"
        trigger={
          <>
            <span className="workspace-switch-name">{name}</span>
            <Icon name="chevron" size={18} />
          </>
        }
        groups={[
          [{ text: t("workspace.all"), checked: current === null, run: () => go("/") }],
          items.map((one) => ({
            id: one.workspace_id,
            text: workspaceName(t, one),
            checked: one === current,
            run: () => go(`/w/${one.workspace_id}`),
          })),
          [{ text: t("workspace.new"), icon: "plus", run: () => setNaming(true) }],
        ]}
      />
      {naming ? (
        <WorkspaceNameDialog
          title={t("workspace.new.title")}
          name=""
          submitText={t("workspace.new.button")}
          onClose={() => setNaming(false)}
          onName={async (wanted) => {
            const made = await addWorkspace(wanted);
            toast(t("workspace.made", { name: made.name }));
            go(`/w/${made.workspace_id}`);
          }}
        />
      ) : null}
    </>
  );
}
