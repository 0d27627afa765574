/** Whether one's name and address may go to the services in which this place is looked at. */

import { useState } from "react";
import { account, me } from "../api/here.ts";
import { setConsent } from "../api/me.ts";
import type { User } from "../api/models.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";

export function ConsentCard({ user }: { readonly user: User }) {
  const t = useWords();
  const [busy, setBusy] = useState(false);
  const given = user.consents?.includes("analytics") ?? false;

  const change = async (wanted: boolean): Promise<void> => {
    setBusy(true);
    try {
      account.changed(await setConsent(me, "analytics", wanted));
      toast(t("settings.saved"));
    } catch (error) {
      toast(faultWords(t, error), { tone: "error" });
    }
    setBusy(false);
  };

  return (
    <section className="card">
      <h2>{t("settings.consent")}</h2>
      <label className="consent">
        <input
          type="checkbox"
          checked={given}
          disabled={busy}
          onChange={(event) => void change(event.target.checked)}
        />
        <span>{t("settings.consent.analytics")}</span>
      </label>
      <p className="card-text">{t("settings.consent.text")}</p>
    </section>
  );
}
