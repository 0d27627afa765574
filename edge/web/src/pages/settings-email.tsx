/** Another e-mail address: at once, or when the link that is mailed to it comes back. */

import { type FormEvent, useState } from "react";
import { account, me } from "../api/here.ts";
import { changeEmail, readMe } from "../api/me.ts";
import type { User } from "../api/models.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Field, PasswordField } from "../parts/field.tsx";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";

const EMAIL_MOST = 254;

interface Faults {
  readonly email?: string;
  readonly password?: string;
}

export function EmailCard({ user }: { readonly user: User }) {
  const t = useWords();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  /** The address that a link was mailed to. */
  const [mailed, setMailed] = useState<string | null>(null);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = email.trim();
    if (!/^\S+@\S+$/.test(wanted)) {
      setFaults({ email: t("field.email") });
      return;
    }
    setBusy(true);
    setFaults({});
    try {
      await changeEmail(me, wanted, password);
      const now = await readMe(me);
      account.changed(now);
      setEmail("");
      setPassword("");
      // Where mail is configured the address is not yet the account's.
      const waits = now.email?.toLowerCase() !== wanted.toLowerCase();
      setMailed(waits ? wanted : null);
      if (!waits) {
        toast(t("settings.email.changed"));
      }
    } catch (error) {
      setFaults(faultsOf(error));
    }
    setBusy(false);
  };
  const faultsOf = (error: unknown): Faults => {
    if (error instanceof ApiProblem && error.at("/password")) {
      return { password: t("settings.password.wrong") };
    }
    if (error instanceof ApiProblem && error.at("/email")) {
      return { email: t(error.code === "conflict" ? "settings.email.taken" : "field.email") };
    }
    return { email: isProblem(error, "conflict") ? t("settings.email.taken") : faultWords(t, error) };
  };

  return (
    <form className="card" onSubmit={submit} noValidate>
      <h2>{t("auth.email")}</h2>
      <p className="card-text">{t("settings.email.text", { email: user.email ?? "" })}</p>
      {mailed === null ? null : (
        <p className="made-link" role="status">
          {t("settings.email.mailed", { email: mailed })}
        </p>
      )}
      <Field
        label={t("settings.email.new")}
        fault={faults.email ?? null}
        value={email}
        onValue={setEmail}
        type="email"
        inputMode="email"
        autoComplete="email"
        maxLength={EMAIL_MOST}
        required
      />
      <PasswordField
        label={t("settings.password.old")}
        fault={faults.password ?? null}
        value={password}
        onValue={setPassword}
        autoComplete="current-password"
        required
      />
      <div className="card-actions">
        <Button type="submit" busy={busy} disabled={email.trim() === "" || password === ""}>
          {t("settings.email.change")}
        </Button>
      </div>
    </form>
  );
}
