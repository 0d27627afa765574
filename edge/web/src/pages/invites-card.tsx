/** Inviting people to a workspace: by a link to pass on, for anybody or for one e-mail address. */

import { type FormEvent, useCallback, useRef, useState } from "react";
import { me } from "../api/here.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import {
  createInvite,
  type Invite,
  listInvites,
  type NewInvite,
  revokeInvite,
  WORKSPACE_ROLES,
  type Workspace,
  type WorkspaceRole,
} from "../api/workspaces.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Field, Select } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { addressOf, rememberAddress } from "../share/addresses.ts";
import { CopyButton } from "../share/copy-button.tsx";
import { MadeLink } from "../share/made-link.tsx";
import { useLoaded } from "../state/loaded.ts";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { refusalWords } from "./member-refusals.ts";

const EMAIL_MOST = 254;

/** Only an admin makes admins. */
export function rolesToGive(mine: WorkspaceRole): readonly WorkspaceRole[] {
  return mine === "admin" ? WORKSPACE_ROLES : WORKSPACE_ROLES.filter((one) => one !== "admin");
}

export function InvitesCard({ workspace }: { readonly workspace: Workspace }) {
  const t = useWords();
  const { workspace_id: workspaceId, role: mine } = workspace;
  const { value: invites, reload } = useLoaded(useCallback(() => listInvites(me, workspaceId), [workspaceId]));
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<WorkspaceRole>("user");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<(NewInvite & { readonly email: string }) | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = email.trim();
    if (wanted !== "" && !/^\S+@\S+$/.test(wanted)) {
      setFault(t("field.email"));
      return;
    }
    setBusy(true);
    setFault(null);
    setMade(null);
    try {
      const invite = await createInvite(me, workspaceId, role, wanted === "" ? null : wanted);
      rememberAddress(invite.invite_id, invite.url);
      setMade({ ...invite, email: wanted });
      setEmail("");
      reload();
    } catch (error) {
      setFault(inviteFault(error));
    }
    setBusy(false);
  };
  const inviteFault = (error: unknown): string => {
    if (isProblem(error, "conflict")) {
      return t("invites.refused.member");
    }
    if (error instanceof ApiProblem && error.at("/email")) {
      return t("field.email");
    }
    return isProblem(error, "forbidden") ? t("members.refused.role") : faultWords(t, error);
  };
  const revoke = async (invite: Invite): Promise<void> => {
    try {
      await revokeInvite(me, workspaceId, invite.invite_id);
      toast(t("invites.revoked"));
      setMade((before) => (before?.invite_id === invite.invite_id ? null : before));
    } catch (error) {
      toast(isProblem(error, "gone") ? t("invites.refused.used") : refusalWords(t, error, false), { tone: "error" });
    }
    reload();
    heading.current?.focus();
  };

  return (
    <section className="card" aria-labelledby="invites-title">
      <h2 id="invites-title" ref={heading} tabIndex={-1}>
        {t("invites.title")}
      </h2>
      <p className="card-text">{t("invites.text")}</p>
      <form className="invite-form" onSubmit={submit} noValidate>
        <Field
          label={`${t("auth.email")} (${t("common.optional")})`}
          hint={t("invites.email.hint")}
          fault={fault}
          value={email}
          onValue={setEmail}
          type="email"
          inputMode="email"
          autoComplete="off"
          maxLength={EMAIL_MOST}
        />
        <Select
          label={t("invites.role")}
          value={role}
          options={rolesToGive(mine).map((one) => ({ value: one, text: t(`workspace.role.${one}`) }))}
          onValue={setRole}
        />
        <Button type="submit" look="main" icon="link" busy={busy}>
          {t("invites.button")}
        </Button>
      </form>
      {made === null ? null : (
        <MadeLink
          title={t("invites.made")}
          label={t("invites.address")}
          url={made.url}
          text={made.email === "" ? t("invites.made.once") : t("invites.made.email", { email: made.email })}
        />
      )}
      {invites === null || invites.length === 0 ? null : (
        <>
          <h3>{t("invites.open")}</h3>
          <ul className="rows">
            {invites.map((invite) => (
              <InviteRow key={invite.invite_id} invite={invite} mine={mine} onRevoke={() => void revoke(invite)} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface InviteRowProps {
  readonly invite: Invite;
  readonly mine: WorkspaceRole;
  readonly onRevoke: () => void;
}

function InviteRow({ invite, mine, onRevoke }: InviteRowProps) {
  const t = useWords();
  const moments = useMoments();
  const whom = invite.email ?? t("invites.anybody");
  const role = t(`workspace.role.${invite.role}`);
  const address = addressOf(invite.invite_id);
  return (
    <li className="row">
      <span className="row-sign">
        <Icon name={invite.email ? "people" : "link"} />
      </span>
      <span className="row-main">
        <strong>{whom}</strong>
        <span className="row-note">{`${role} · ${t("share.link.until", { date: moments(invite.expires_at) })}`}</span>
      </span>
      {address === null ? null : <CopyButton text={address} />}
      {rolesToGive(mine).includes(invite.role) ? (
        <Button onClick={onRevoke} aria-label={t("invites.revoke.label", { whom, role })}>
          {t("share.link.revoke")}
        </Button>
      ) : null}
    </li>
  );
}
