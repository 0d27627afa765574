/** The people to whom a board was given, their roles to be changed. */

import { grantRole, revokeRole } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import type { Grant } from "../api/models.ts";
import { isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Select } from "../parts/field.tsx";
import type { Role } from "../protocol/frames.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";

interface PeopleListProps {
  readonly boardId: string;
  readonly caller: Caller;
  /** `null` while they are fetched. */
  readonly grants: readonly Grant[] | null;
  readonly myUserId: string | null;
  readonly onChange: () => void;
}

const ROLES: readonly Role[] = ["owner", "editor", "viewer"];

export function PeopleList({ boardId, caller, grants, myUserId, onChange }: PeopleListProps) {
  const t = useWords();
  const attempt = async (work: () => Promise<void>, done: string | null): Promise<void> => {
    try {
      await work();
      if (done !== null) {
        toast(done);
      }
    } catch (error) {
      toast(isProblem(error, "conflict") ? t("share.people.lastOwner") : faultWords(t, error), { tone: "error" });
    }
    onChange();
  };
  return (
    <section className="share-part">
      <h3>{t("share.people")}</h3>
      <ul className="rows" aria-busy={grants === null}>
        {(grants ?? []).map((grant) => {
          const { user_id: userId, name, role } = grant;
          // A role that cannot be given here is still shown as what it is.
          const roles = ROLES.includes(role) ? ROLES : [role, ...ROLES];
          return (
            <li key={userId} className="row">
              <span className="row-sign">
                <Avatar name={name} color="var(--board)" size="small" />
              </span>
              <span className="row-main">
                <strong>
                  {name}
                  {userId === myUserId ? ` (${t("board.people.you")})` : ""}
                </strong>
                <span className="row-note">{grant.email}</span>
              </span>
              <Select
                label={t("share.people.role", { name })}
                hideLabel
                value={role}
                options={roles.map((one) => ({ value: one, text: t(`role.${one}`) }))}
                onValue={(wanted) => void attempt(() => grantRole(caller, boardId, userId, wanted), null)}
              />
              <Button
                onClick={() =>
                  void attempt(() => revokeRole(caller, boardId, userId), t("share.people.removed", { name }))
                }
                aria-label={t("share.people.remove.label", { name })}
              >
                {t("share.people.remove")}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
