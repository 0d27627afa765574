/** Gives a role to whoever has an e-mail address; where there is no account yet, a link to pass on. */

import { type FormEvent, useState } from "react";
import { grantByEmail } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Field, Select } from "../parts/field.tsx";
import type { Role } from "../protocol/frames.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";
import { rememberAddress } from "./addresses.ts";
import { MadeLink } from "./made-link.tsx";

const EMAIL_MOST = 254;
const ROLES: readonly Role[] = ["editor", "commenter", "viewer", "owner"];

interface NewGrantFormProps {
  readonly boardId: string;
  readonly caller: Caller;
  readonly onMade: () => void;
}

export function NewGrantForm({ boardId, caller, onMade }: NewGrantFormProps) {
  const t = useWords();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [waiting, setWaiting] = useState<{ readonly email: string; readonly url: string } | null>(null);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = email.trim();
    if (!/^\S+@\S+$/.test(wanted)) {
      setFault(t(wanted === "" ? "field.required" : "field.email"));
      return;
    }
    setBusy(true);
    setFault(null);
    setWaiting(null);
    try {
      const made = await grantByEmail(caller, boardId, wanted, role);
      if ("url" in made) {
        rememberAddress(made.invite_id, made.url);
        setWaiting({ email: wanted, url: made.url });
      } else {
        toast(t("share.grant.given", { name: made.name, role: t(`role.${made.role}`) }));
      }
      setEmail("");
      onMade();
    } catch (error) {
      setFault(grantFault(error));
    }
    setBusy(false);
  };
  const grantFault = (error: unknown): string => {
    if (error instanceof ApiProblem && error.at("/email")) {
      return t("field.email");
    }
    return isProblem(error, "conflict") ? t("share.people.lastOwner") : faultWords(t, error);
  };

  return (
    <section className="share-part">
      <h3>{t("share.grant")}</h3>
      <form className="invite-form" onSubmit={submit} noValidate>
        <Field
          label={t("auth.email")}
          fault={fault}
          value={email}
          onValue={setEmail}
          type="email"
          inputMode="email"
          autoComplete="off"
          maxLength={EMAIL_MOST}
          required
        />
        <Select
          label={t("share.grant.role")}
          value={role}
          options={ROLES.map((one) => ({ value: one, text: t(`role.${one}`) }))}
          onValue={setRole}
        />
        <Button type="submit" look="main" busy={busy}>
          {t("share.grant.button")}
        </Button>
      </form>
      {waiting === null ? null : (
        <MadeLink
          title={t("share.grant.waiting")}
          label={t("share.address")}
          url={waiting.url}
          text={t("share.grant.waiting.text", { email: waiting.email })}
        />
      )}
    </section>
  );
}
