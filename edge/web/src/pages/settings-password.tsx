/** A new password; it closes every other session. */

import { type FormEvent, useState } from "react";
import { me } from "../api/here.ts";
import { changePassword } from "../api/me.ts";
import { ApiProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { PasswordField } from "../parts/field.tsx";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";

const PASSWORD_LEAST = 8;
const PASSWORD_MOST = 256;

export function PasswordCard() {
  const t = useWords();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [fault, setFault] = useState<{ readonly field: "old" | "fresh"; readonly text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if ([...fresh].length < PASSWORD_LEAST) {
      setFault({ field: "fresh", text: t("field.tooShort", { n: PASSWORD_LEAST }) });
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      await changePassword(me, old, fresh);
      setOld("");
      setFresh("");
      toast(t("settings.password.changed"));
    } catch (error) {
      if (error instanceof ApiProblem && error.code === "forbidden") {
        setFault({ field: "old", text: t("settings.password.wrong") });
      } else if (error instanceof ApiProblem && error.at("/new_password")) {
        setFault({ field: "fresh", text: t("field.invalid") });
      } else {
        toast(faultWords(t, error), { tone: "error" });
      }
    }
    setBusy(false);
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t("settings.password")}</h2>
      <PasswordField
        label={t("settings.password.old")}
        fault={fault?.field === "old" ? fault.text : null}
        value={old}
        onValue={setOld}
        autoComplete="current-password"
        required
      />
      <PasswordField
        label={t("settings.password.new")}
        hint={t("auth.password.hint")}
        fault={fault?.field === "fresh" ? fault.text : null}
        value={fresh}
        onValue={setFresh}
        autoComplete="new-password"
        maxLength={PASSWORD_MOST}
        required
      />
      <div className="card-actions">
        <Button type="submit" busy={busy} disabled={old === "" || fresh === ""}>
          {t("settings.password.change")}
        </Button>
      </div>
    </form>
  );
}
