/** Somebody comes from a provider, and an account with the address is here already: it is linked after its password. */

import { type FormEvent, useEffect, useState } from "react";
import { account } from "../api/here.ts";
import { request } from "../api/http.ts";
import type { Unlinked } from "../api/models.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { LanguageSwitch } from "../parts/appearance.tsx";
import { Button } from "../parts/button.tsx";
import { PasswordField } from "../parts/field.tsx";
import { Logo } from "../parts/logo.tsx";
import { Anchor, go } from "../router.ts";
import { useWords } from "../state/words.ts";
import { safeNext } from "./safe-next.ts";

const PASSWORD_MOST = 256;
const OVER = "/signin?fault=stale";

export function LinkAccountPage() {
  const t = useWords();
  const [unlinked, setUnlinked] = useState<Unlinked | null>(null);
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<{ readonly at: "password" | "form"; readonly text: string } | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    document.title = `${t("linkAccount.title")} · Doska`;
  }, [t]);
  useEffect(() => {
    const gone = new AbortController();
    request<Unlinked>({ method: "GET", path: "/api/auth/oidc/link", signal: gone.signal }).then(
      setUnlinked,
      (error) => {
        if (!gone.signal.aborted) {
          go(isProblem(error, "gone") ? OVER : "/signin", { replace: true });
        }
      },
    );
    return () => gone.abort();
  }, []);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (password === "") {
      setFault({ at: "password", text: t("field.required") });
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      await account.linkToProvider(password);
      go(safeNext(`?next=${encodeURIComponent(unlinked?.next ?? "/")}`), { replace: true });
    } catch (error) {
      setBusy(false);
      if (isProblem(error, "gone")) {
        go(OVER, { replace: true });
      } else if (error instanceof ApiProblem && error.at("/password")) {
        setFault({ at: "password", text: t("linkAccount.wrong") });
      } else {
        setFault({ at: "form", text: faultWords(t, error) });
      }
    }
  };

  return (
    <div className="link-page">
      <main className="welcome-main" id="content">
        <div className="welcome-top">
          <Logo />
          <LanguageSwitch />
        </div>
        {unlinked === null ? null : (
          <form className="card auth" onSubmit={submit} noValidate>
            <h1>{t("linkAccount.title")}</h1>
            <p className="auth-text">
              {t("linkAccount.text", { email: unlinked.email, name: unlinked.provider || t("linkAccount.provider") })}
            </p>
            {fault?.at === "form" ? (
              <p className="form-fault" role="alert">
                {fault.text}
              </p>
            ) : null}
            <input type="email" name="email" value={unlinked.email} autoComplete="username" readOnly hidden />
            <PasswordField
              label={t("auth.password")}
              fault={fault?.at === "password" ? fault.text : null}
              value={password}
              onValue={setPassword}
              name="password"
              autoComplete="current-password"
              maxLength={PASSWORD_MOST}
              required
            />
            <Button type="submit" look="main" busy={busy} className="is-wide">
              {t("linkAccount.submit")}
            </Button>
            <p className="auth-other">
              <Anchor href="/signin">{t("auth.signIn")}</Anchor>
            </p>
          </form>
        )}
      </main>
    </div>
  );
}
