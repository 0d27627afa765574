/** One's own account: who one is, language and theme, address, password, sessions, the end of it. */

import { useEffect } from "react";
import type { User } from "../api/models.ts";
import { LanguageSwitch, ThemeSwitch } from "../parts/appearance.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { useWords } from "../state/words.ts";
import { ConsentCard } from "./settings-consent.tsx";
import { EmailCard } from "./settings-email.tsx";
import { FarewellCard } from "./settings-farewell.tsx";
import { PasswordCard } from "./settings-password.tsx";
import { ProfileCard } from "./settings-profile.tsx";
import { SessionsCard } from "./settings-sessions.tsx";

export function SettingsPage({ user }: { readonly user: User }) {
  const t = useWords();
  useEffect(() => {
    document.title = `${t("settings.title")} · Doska`;
  }, [t]);
  return (
    <div className="boards">
      <PageHead user={user} />
      <main className="settings" id="content">
        <h1>{t("settings.title")}</h1>
        <ProfileCard key={user.user_id} user={user} />
        <section className="card">
          <h2>{t("settings.appearance")}</h2>
          <div className="settings-row">
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </section>
        <EmailCard user={user} />
        <ConsentCard user={user} />
        <PasswordCard />
        <SessionsCard />
        <FarewellCard />
        <p className="licences">
          <a href="/licences.txt">{t("settings.licences")}</a>
        </p>
      </main>
    </div>
  );
}
