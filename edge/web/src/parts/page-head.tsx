/** The head of the pages around the boards: where one is, and who. */

import { account } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { forgetKept } from "../kept/here.ts";
import { Anchor, go } from "../router.ts";
import { useWords } from "../state/words.ts";
import { useLanguageItems, useThemeItems } from "./appearance.tsx";
import { Avatar } from "./avatar.tsx";
import { Logo } from "./logo.tsx";
import { Menu } from "./menu.tsx";

export function PersonMenu({ user }: { readonly user: User }) {
  const t = useWords();
  const languages = useLanguageItems();
  const themes = useThemeItems();
  return (
    <Menu
      label={t("settings.open")}
      triggerClass="avatar-button"
      trigger={<Avatar name={user.name} color={user.color} sign={user.avatar} />}
      header={
        <div className="menu-head">
          <strong>{user.name}</strong>
          <span>{user.email}</span>
        </div>
      }
      groups={[
        [
          { text: t("settings.title"), icon: "people", run: () => go("/settings") },
          { text: t("audit.title"), icon: "eye", run: () => go("/audit") },
        ],
        languages,
        themes,
        [{ text: t("auth.signOut"), run: () => signOut() }],
      ]}
    />
  );
}

/** `next` is where one wants to be once signed in again. */
export function signOut(next?: string): void {
  forgetKept();
  void account.signOut();
  go(next === undefined ? "/signin" : `/signin?next=${encodeURIComponent(next)}`);
}

export function PageHead({ user, children }: { readonly user: User; readonly children?: React.ReactNode }) {
  const t = useWords();
  return (
    <header className="page-head">
      <Anchor href="/" className="home-link" aria-label={`Doska: ${t("app.home")}`}>
        <Logo />
      </Anchor>
      <div className="page-head-middle">{children}</div>
      <PersonMenu user={user} />
    </header>
  );
}
