/** Signing in and signing up, beside what the product is. */

import { type FormEvent, useEffect, useState } from "react";
import { account } from "../api/here.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { LanguageSwitch } from "../parts/appearance.tsx";
import { Button } from "../parts/button.tsx";
import { Field, PasswordField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Logo } from "../parts/logo.tsx";
import { Scenery } from "../parts/scenery.tsx";
import { Anchor, go, useAddress } from "../router.ts";
import { useWords } from "../state/words.ts";
import { ProviderSignIn, providerFault } from "./provider-sign-in.tsx";
import { safeNext } from "./safe-next.ts";

type Mode = "signIn" | "signUp";

interface Faults {
  readonly name?: string;
  readonly email?: string;
  readonly password?: string;
  readonly form?: string;
}

const PASSWORD_LEAST = 8;
const PASSWORD_MOST = 256;
const NAME_MOST = 100;
const EMAIL_MOST = 254;

export function WelcomePage({ mode }: { readonly mode: Mode }) {
  const t = useWords();
  useEffect(() => {
    document.title = `${t(`auth.${mode}`)} · Doska`;
  }, [t, mode]);
  return (
    <div className="welcome">
      <aside className="welcome-side">
        <Logo />
        <div className="welcome-words">
          <p className="welcome-title">{t("welcome.title")}</p>
          <p className="welcome-text">{t("welcome.text")}</p>
          <ul className="welcome-points">
            {(["live", "link", "safe"] as const).map((point) => (
              <li key={point}>
                <Icon name="check" size={18} />
                {t(`welcome.point.${point}`)}
              </li>
            ))}
          </ul>
        </div>
        <Scenery />
      </aside>
      <main className="welcome-main" id="content">
        <div className="welcome-top">
          <span className="welcome-logo">
            <Logo />
          </span>
          <LanguageSwitch />
        </div>
        <AuthForm key={mode} mode={mode} />
      </main>
    </div>
  );
}

function AuthForm({ mode }: { readonly mode: Mode }) {
  const t = useWords();
  const search = useAddress((at) => at.search);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [faults, setFaults] = useState<Faults>(() => {
    const word = providerFault(search);
    return word === null ? {} : { form: t(`auth.fault.${word}`) };
  });
  const [busy, setBusy] = useState(false);

  const check = (): Faults => ({
    ...(mode === "signUp" && name.trim() === "" ? { name: t("field.required") } : {}),
    ...(/^\S+@\S+$/.test(email.trim()) ? {} : { email: t(email.trim() === "" ? "field.required" : "field.email") }),
    ...(password === "" ? { password: t("field.required") } : {}),
    ...(mode === "signUp" && password !== "" && [...password].length < PASSWORD_LEAST
      ? { password: t("field.tooShort", { n: PASSWORD_LEAST }) }
      : {}),
  });

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const found = check();
    setFaults(found);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    try {
      if (mode === "signUp") {
        await account.signUp(email.trim(), password, name.trim());
      } else {
        await account.signIn(email.trim(), password);
      }
      go(safeNext(search), { replace: true });
    } catch (error) {
      setFaults(faultsOf(error));
      setBusy(false);
    }
  };

  const faultsOf = (error: unknown): Faults => {
    if (isProblem(error, "conflict")) {
      return { email: t("auth.taken") };
    }
    if (isProblem(error, "unauthenticated")) {
      return { form: t("auth.wrong") };
    }
    if (isProblem(error, "forbidden") && mode === "signUp") {
      return { form: t("auth.closed") };
    }
    if (isProblem(error, "forbidden")) {
      return { form: t("auth.banned") };
    }
    if (isProblem(error, "outcome_unknown") && mode === "signUp") {
      return { form: t("auth.unsure") };
    }
    if (error instanceof ApiProblem && error.errors.length > 0) {
      const at = (path: string): string | undefined => (error.at(path) ? t("field.invalid") : undefined);
      return { name: at("/name"), email: at("/email"), password: at("/password") };
    }
    return { form: faultWords(t, error) };
  };

  const other = mode === "signUp" ? "signIn" : "signUp";
  return (
    <form className="card auth" onSubmit={submit} noValidate>
      <h1>{t(`auth.${mode}.title`)}</h1>
      {faults.form === undefined ? null : (
        <p className="form-fault" role="alert">
          {faults.form}
        </p>
      )}
      {mode === "signUp" ? (
        <Field
          label={t("auth.name")}
          hint={t("auth.name.hint")}
          fault={faults.name ?? null}
          value={name}
          onValue={setName}
          name="name"
          autoComplete="name"
          maxLength={NAME_MOST}
          required
        />
      ) : null}
      <Field
        label={t("auth.email")}
        fault={faults.email ?? null}
        value={email}
        onValue={setEmail}
        type="email"
        name="email"
        autoComplete="email"
        inputMode="email"
        maxLength={EMAIL_MOST}
        required
      />
      <PasswordField
        label={t("auth.password")}
        {...(mode === "signUp" ? { hint: t("auth.password.hint") } : {})}
        fault={faults.password ?? null}
        value={password}
        onValue={setPassword}
        name="password"
        autoComplete={mode === "signUp" ? "new-password" : "current-password"}
        maxLength={PASSWORD_MOST}
        required
      />
      <Button type="submit" look="main" busy={busy} className="is-wide">
        {t(`auth.${mode}`)}
      </Button>
      <ProviderSignIn next={safeNext(search)} onFault={(form) => setFaults({ form })} />
      {mode === "signIn" ? (
        <p className="auth-other">
          <Anchor href="/forgot">{t("auth.forgot")}</Anchor>
        </p>
      ) : null}
      <p className="auth-other">
        {t(mode === "signUp" ? "auth.toSignIn" : "auth.toSignUp")}{" "}
        <Anchor href={(other === "signUp" ? "/signup" : "/signin") + search}>{t(`auth.${other}`)}</Anchor>
      </p>
    </form>
  );
}
