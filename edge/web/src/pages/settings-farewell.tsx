/** The end of the account, after its password and a clear warning. */

import { type FormEvent, useState } from "react";
import { me } from "../api/here.ts";
import { deleteMe } from "../api/me.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { PasswordField } from "../parts/field.tsx";
import { signOut } from "../parts/page-head.tsx";
import { useWords } from "../state/words.ts";

export function FarewellCard() {
  const t = useWords();
  const [asking, setAsking] = useState(false);
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await deleteMe(me, password);
      signOut();
    } catch (error) {
      setBusy(false);
      const wrong = error instanceof ApiProblem && error.code === "forbidden";
      const stays = isProblem(error, "conflict") ? t("settings.delete.refused") : faultWords(t, error);
      setFault(wrong ? t("settings.password.wrong") : stays);
    }
  };
  return (
    <section className="card">
      <h2>{t("settings.delete")}</h2>
      <p className="card-text">{t("settings.delete.text")}</p>
      <div className="card-actions">
        <Button look="danger" onClick={() => setAsking(true)}>
          {t("settings.delete")}
        </Button>
      </div>
      {asking ? (
        <Dialog title={t("settings.delete")} onClose={() => setAsking(false)}>
          <form className="dialog-body" onSubmit={submit}>
            <p>{t("settings.delete.text")}</p>
            <PasswordField
              label={t("auth.password")}
              fault={fault}
              value={password}
              onValue={setPassword}
              autoComplete="current-password"
              autoFocus
              required
            />
            <div className="dialog-actions">
              <Button onClick={() => setAsking(false)}>{t("common.cancel")}</Button>
              <Button type="submit" look="danger" busy={busy} disabled={password === ""}>
                {t("settings.delete.confirm")}
              </Button>
            </div>
          </form>
        </Dialog>
      ) : null}
    </section>
  );
}
