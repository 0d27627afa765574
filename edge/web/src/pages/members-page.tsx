/** Who is in a workspace, what they may do, and who is invited. */

import { useCallback, useRef, useState } from "react";
import { me } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { isProblem } from "../api/problem.ts";
import {
  changeMemberRole,
  listMembers,
  type Member,
  removeMember,
  WORKSPACE_ROLES,
  type Workspace,
  type WorkspaceRole,
} from "../api/workspaces.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Select } from "../parts/field.tsx";
import { go } from "../router.ts";
import { useLoaded } from "../state/loaded.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";
import { changeWorkspaceName, forgetWorkspace, loadWorkspaces } from "../state/workspaces.ts";
import { InvitesCard } from "./invites-card.tsx";
import { refusalWords } from "./member-refusals.ts";
import { FarewellDialog, WorkspaceNameDialog } from "./workspace-dialogs.tsx";
import { workspaceName } from "./workspace-name.ts";
import { WorkspacePage } from "./workspace-page.tsx";

export function MembersPage({ user, workspaceId }: { readonly user: User; readonly workspaceId: string }) {
  return (
    <WorkspacePage user={user} workspaceId={workspaceId} tab="members">
      {(workspace) => <Members key={workspaceId} user={user} workspace={workspace} />}
    </WorkspacePage>
  );
}

function Members({ user, workspace }: { readonly user: User; readonly workspace: Workspace }) {
  const t = useWords();
  const { workspace_id: workspaceId, role } = workspace;
  const { value: members, fault, reload } = useLoaded(useCallback(() => listMembers(me, workspaceId), [workspaceId]));
  const [renaming, setRenaming] = useState(false);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const name = workspaceName(t, workspace);
  const mayChange = role === "admin";

  /** Done or refused, the list and one's own role are read again: somebody else may have changed them too. */
  const attempt = async (work: () => Promise<unknown>, done: string): Promise<void> => {
    try {
      await work();
      toast(done);
    } catch (error) {
      toast(refusalWords(t, error, workspace.personal), { tone: "error" });
    }
    reload();
    void loadWorkspaces(user.user_id);
  };
  const change = (member: Member, wanted: WorkspaceRole): Promise<void> =>
    attempt(
      () => changeMemberRole(me, workspaceId, member.user_id, wanted),
      t("members.role.changed", { name: member.name, role: t(`workspace.role.${wanted}`) }),
    );
  const remove = async (member: Member): Promise<void> => {
    await attempt(() => removeMember(me, workspaceId, member.user_id), t("members.removed", { name: member.name }));
    // The button that was pressed is gone with its row.
    heading.current?.focus();
  };
  const leave = async (member: Member): Promise<void> => {
    try {
      await removeMember(me, workspaceId, member.user_id);
      toast(t("members.left", { name }));
      go("/");
      forgetWorkspace(workspaceId);
    } catch (error) {
      toast(refusalWords(t, error, workspace.personal), { tone: "error" });
    }
  };

  return (
    <div className="sheet">
      <div className="boards-top">
        <h1 ref={heading} tabIndex={-1}>
          {name}
        </h1>
        {mayChange && !workspace.personal ? (
          <Button onClick={() => setRenaming(true)}>{t("workspace.rename")}</Button>
        ) : null}
      </div>
      {role === "admin" || role === "manager" ? <InvitesCard workspace={workspace} /> : null}
      <section className="card" aria-labelledby="members-title">
        <h2 id="members-title">{members === null ? t("members.title") : t("members.count", { n: members.length })}</h2>
        {fault !== null && members === null ? (
          <div className="empty is-small" role="alert">
            <p>{t(isProblem(fault, "not_found") ? "workspace.gone.text" : "share.loadFailed")}</p>
            <Button onClick={reload}>{t("common.retry")}</Button>
          </div>
        ) : (
          <ul className="rows" aria-busy={members === null}>
            {(members ?? []).map((member) => (
              <MemberRow
                key={member.user_id}
                member={member}
                isMe={member.user_id === user.user_id}
                mayChange={mayChange}
                mayLeave={!workspace.personal}
                onRole={(wanted) => void change(member, wanted)}
                onRemove={() => setLeaving(member)}
              />
            ))}
          </ul>
        )}
        <p className="card-text">{t("members.roles.text")}</p>
      </section>
      {renaming ? (
        <WorkspaceNameDialog
          title={t("workspace.rename")}
          name={workspace.name}
          submitText={t("common.save")}
          onClose={() => setRenaming(false)}
          onName={(wanted) => changeWorkspaceName(workspaceId, wanted)}
        />
      ) : null}
      {leaving === null ? null : leaving.user_id === user.user_id ? (
        <FarewellDialog
          title={t("members.leave.title", { name })}
          text={t("members.leave.text")}
          action={t("members.leave")}
          onClose={() => setLeaving(null)}
          onAction={() => leave(leaving)}
        />
      ) : (
        <FarewellDialog
          title={t("members.remove.title", { name: leaving.name })}
          text={t("members.remove.text")}
          action={t("members.remove")}
          onClose={() => setLeaving(null)}
          onAction={() => remove(leaving)}
        />
      )}
    </div>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly isMe: boolean;
  readonly mayChange: boolean;
  readonly mayLeave: boolean;
  readonly onRole: (role: WorkspaceRole) => void;
  readonly onRemove: () => void;
}

function MemberRow({ member, isMe, mayChange, mayLeave, onRole, onRemove }: MemberRowProps) {
  const t = useWords();
  const { name } = member;
  return (
    <li className="row">
      <span className="row-sign">
        <Avatar name={name} color="var(--board)" size="small" />
      </span>
      <span className="row-main">
        <strong>
          {name}
          {isMe ? ` (${t("board.people.you")})` : ""}
        </strong>
        <span className="row-note">{member.email}</span>
      </span>
      {mayChange ? (
        <Select
          label={t("share.people.role", { name })}
          hideLabel
          value={member.role}
          options={WORKSPACE_ROLES.map((one) => ({ value: one, text: t(`workspace.role.${one}`) }))}
          onValue={onRole}
        />
      ) : (
        <span className="row-fact">{t(`workspace.role.${member.role}`)}</span>
      )}
      {isMe && mayLeave ? <Button onClick={onRemove}>{t("members.leave")}</Button> : null}
      {mayChange && !isMe ? (
        <Button onClick={onRemove} aria-label={t("members.remove.label", { name })}>
          {t("members.remove")}
        </Button>
      ) : null}
    </li>
  );
}
