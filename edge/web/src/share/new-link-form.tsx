/** Makes a link: what it allows, with a password and an end if wanted. */

import { type FormEvent, useState } from "react";
import { createLink } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import type { NewLink } from "../api/models.ts";
import { attempt } from "../pages/board-actions.ts";
import { Button } from "../parts/button.tsx";
import { PasswordField, Select } from "../parts/field.tsx";
import { useWords } from "../state/words.ts";
import { rememberAddress } from "./addresses.ts";
import { MadeLink } from "./made-link.tsx";

const HOUR = 3600 * 1000;
const EXPIRIES = { never: null, hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const;
type Expiry = keyof typeof EXPIRIES;
const ROLES = ["editor", "commenter", "viewer"] as const;
const PASSWORD_MOST = 256;

interface NewLinkFormProps {
  readonly boardId: string;
  readonly caller: Caller;
  readonly onMade: () => void;
}

export function NewLinkForm({ boardId, caller, onMade }: NewLinkFormProps) {
  const t = useWords();
  const [role, setRole] = useState<(typeof ROLES)[number]>("editor");
  const [password, setPassword] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("never");
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<NewLink | null>(null);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const after = EXPIRIES[expiry];
    const expiresAt = after === null ? null : new Date(Date.now() + after).toISOString();
    const link = await attempt(() => createLink(caller, boardId, { role, password: password || null, expiresAt }));
    setBusy(false);
    if (link !== null) {
      rememberAddress(link.link_id, link.url);
      setMade(link);
      setPassword("");
      onMade();
    }
  };

  return (
    <section className="share-part">
      <h3>{t("share.create")}</h3>
      <p className="share-text">{t("share.create.text")}</p>
      <form className="new-link" onSubmit={submit}>
        <div className="new-link-row">
          <Select
            label={t("share.role")}
            value={role}
            options={ROLES.map((one) => ({ value: one, text: t(`share.role.${one}`) }))}
            onValue={setRole}
          />
          <Button type="submit" look="main" icon="link" busy={busy}>
            {t("share.button")}
          </Button>
        </div>
        <details className="new-link-more">
          <summary>{t("share.options")}</summary>
          <div className="new-link-options">
            <PasswordField
              label={t("share.password")}
              hint={t("share.password.hint")}
              value={password}
              onValue={setPassword}
              autoComplete="new-password"
              maxLength={PASSWORD_MOST}
            />
            <Select
              label={t("share.expiry")}
              value={expiry}
              options={(Object.keys(EXPIRIES) as Expiry[]).map((one) => ({
                value: one,
                text: t(`share.expiry.${one}`),
              }))}
              onValue={setExpiry}
            />
          </div>
        </details>
      </form>
      {made === null ? null : (
        <MadeLink title={t("share.made")} label={t("share.address")} url={made.url} text={t("share.made.once")} />
      )}
    </section>
  );
}
