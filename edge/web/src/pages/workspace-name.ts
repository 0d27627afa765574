/** What a workspace is called: one's own has no name that would be worth reading. */

import type { Workspace } from "../api/workspaces.ts";
import type { Translate } from "../i18n/translate.ts";

export const NAME_MOST = 200;

export function workspaceName(t: Translate, workspace: Pick<Workspace, "name" | "personal">): string {
  return workspace.personal ? t("workspace.personal") : workspace.name;
}
