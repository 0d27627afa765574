/** The buttons of those who sign in elsewhere: the company's provider, or a proxy before this server. */

import { useEffect, useState } from "react";
import { account } from "../api/here.ts";
import { request } from "../api/http.ts";
import type { SignInWays } from "../api/models.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { go } from "../router.ts";
import { useWords } from "../state/words.ts";

const FAULTS = ["stale", "denied", "provider", "away", "closed", "email", "banned"] as const;
type ProviderFault = (typeof FAULTS)[number];

/** Why a sign-in through a provider came to nothing, as its address says. */
export function providerFault(search: string): ProviderFault | null {
  const word = new URLSearchParams(search).get("fault");
  return FAULTS.find((fault) => fault === word) ?? null;
}

export function ProviderSignIn({ next, onFault }: { readonly next: string; readonly onFault: (text: string) => void }) {
  const t = useWords();
  const [ways, setWays] = useState<SignInWays | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    const gone = new AbortController();
    // Without an answer there is the password still.
    request<SignInWays>({ method: "GET", path: "/api/auth/providers", signal: gone.signal }).then(
      setWays,
      () => undefined,
    );
    return () => gone.abort();
  }, []);

  const enter = async (): Promise<void> => {
    setBusy(true);
    try {
      await account.enterByGatekeeper();
      go(next, { replace: true });
    } catch (error) {
      onFault(faultWords(t, error));
      setBusy(false);
    }
  };

  if (ways === null || (ways.providers.length === 0 && !ways.gatekeeper)) {
    return null;
  }
  return (
    <div className="auth-elsewhere">
      <p className="auth-or">{t("auth.or")}</p>
      {ways.gatekeeper ? (
        <Button className="is-wide" busy={busy} onClick={() => void enter()}>
          {t("auth.gatekeeper")}
        </Button>
      ) : null}
      {ways.providers.map(({ name, login }) => (
        // An ordinary link, since it leaves the page; the server knows only paths of its own as `next`.
        <a key={login} className="button is-quiet is-wide" href={`${login}?next=${encodeURIComponent(next)}`}>
          <span className="button-text">{t("auth.provider", { name })}</span>
        </a>
      ))}
    </div>
  );
}
