/** The people to whom a board was given, their roles to be changed, and those who have not come yet. */

import { useRef, useState } from "react";
import { grantRole, revokeRole } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import type { Grant, Invitation } from "../api/models.ts";
import { isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Select } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import type { Role } from "../protocol/frames.ts";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { addressOf } from "./addresses.ts";
import { CopyButton } from "./copy-button.tsx";
import { Why } from "./why.tsx";

interface PeopleListProps {
  readonly boardId: string;
  readonly caller: Caller;
  /** `null` while they are fetched. */
  readonly grants: readonly (Grant | Invitation)[] | null;
  readonly myUserId: string | null;
  readonly onChange: () => void;
}

const ROLES: readonly Role[] = ["owner", "editor", "commenter", "viewer"];

export function PeopleList({ boardId, caller, grants, myUserId, onChange }: PeopleListProps) {
  const t = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const attempt = async (work: () => Promise<void>, done: string): Promise<void> => {
    try {
      await work();
      toast(done);
    } catch (error) {
      toast(isProblem(error, "conflict") ? t("share.people.lastOwner") : faultWords(t, error), { tone: "error" });
    }
    onChange();
  };
  const remove = async (id: string, done: string): Promise<void> => {
    await attempt(() => revokeRole(caller, boardId, id), done);
    // The button that was pressed goes with its row.
    heading.current?.focus();
  };
  return (
    <section className="share-part">
      <h3 ref={heading} tabIndex={-1}>
        {t("share.people")}
      </h3>
      <ul className="rows" aria-busy={grants === null}>
        {(grants ?? []).map((grant) =>
          "pending" in grant ? (
            <InvitationRow
              key={grant.invite_id}
              invitation={grant}
              onRevoke={() => void remove(grant.invite_id, t("invites.revoked"))}
            />
          ) : (
            <GrantRow
              key={grant.user_id}
              boardId={boardId}
              caller={caller}
              grant={grant}
              isMe={grant.user_id === myUserId}
              onRole={(role) =>
                void attempt(
                  () => grantRole(caller, boardId, grant.user_id, role),
                  t("share.grant.given", { name: grant.name, role: t(`role.${role}`) }),
                )
              }
              onRemove={() => void remove(grant.user_id, t("share.people.removed", { name: grant.name }))}
            />
          ),
        )}
      </ul>
    </section>
  );
}

interface GrantRowProps extends Pick<PeopleListProps, "boardId" | "caller"> {
  readonly grant: Grant;
  readonly isMe: boolean;
  readonly onRole: (role: Role) => void;
  readonly onRemove: () => void;
}

function GrantRow({ boardId, caller, grant, isMe, onRole, onRemove }: GrantRowProps) {
  const t = useWords();
  const [asking, setAsking] = useState(false);
  const { name, role } = grant;
  // A role that cannot be given here is still shown as what it is.
  const roles = ROLES.includes(role) ? ROLES : [role, ...ROLES];
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
        <span className="row-note">{grant.email}</span>
        <button
          type="button"
          className="why-button"
          aria-expanded={asking}
          aria-label={t("share.why.label", { name })}
          onClick={() => setAsking(!asking)}
        >
          {t("share.why")}
        </button>
        {asking ? <Why boardId={boardId} caller={caller} userId={grant.user_id} name={name} /> : null}
      </span>
      <Select
        label={t("share.people.role", { name })}
        hideLabel
        value={role}
        options={roles.map((one) => ({ value: one, text: t(`role.${one}`) }))}
        onValue={onRole}
      />
      <Button onClick={onRemove} aria-label={t("share.people.remove.label", { name })}>
        {t("share.people.remove")}
      </Button>
    </li>
  );
}

interface InvitationRowProps {
  readonly invitation: Invitation;
  readonly onRevoke: () => void;
}

function InvitationRow({ invitation, onRevoke }: InvitationRowProps) {
  const t = useWords();
  const moments = useMoments();
  const { email } = invitation;
  const role = t(`role.${invitation.role}`);
  const address = addressOf(invitation.invite_id);
  const until = t("share.link.until", { date: moments(invitation.expires_at) });
  return (
    <li className="row">
      <span className="row-sign">
        <Icon name="people" />
      </span>
      <span className="row-main">
        <strong>{email}</strong>
        <span className="row-note">{[t("share.people.pending"), role, until].join(" · ")}</span>
      </span>
      {address === null ? null : <CopyButton text={address} />}
      <Button onClick={onRevoke} aria-label={t("invites.revoke.label", { whom: email, role })}>
        {t("share.link.revoke")}
      </Button>
    </li>
  );
}
