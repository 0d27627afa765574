/** A forgotten password: asking for a link by mail, and a new password by the link that came. */

import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { account } from "../api/here.ts";
import { perform } from "../api/http.ts";
import { ApiProblem, isProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { LanguageSwitch } from "../parts/appearance.tsx";
import { Button } from "../parts/button.tsx";
import { Field, PasswordField } from "../parts/field.tsx";
import { Logo } from "../parts/logo.tsx";
import { Notice } from "../parts/notice.tsx";
import { Anchor, go, useAddress } from "../router.ts";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";

const PASSWORD_LEAST = 8;
const PASSWORD_MOST = 256;
const EMAIL_MOST = 254;

/** `/reset#TOKEN`: the fragment is the secret, so it is in no request line. */
export function ResetPage() {
  const t = useWords();
  const token = useAddress((at) => at.hash.slice(1));
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [ended, setEnded] = useState(token === "");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if ([...password].length < PASSWORD_LEAST) {
      setFault(t("field.tooShort", { n: PASSWORD_LEAST }));
      return;
    }
    setBusy(true);
    try {
      await perform({ method: "POST", path: "/api/auth/reset", body: { token, password } });
      // Every session is closed by it, the one of this browser too.
      await account.signOut();
      toast(t("reset.done"));
      go("/signin", { replace: true });
    } catch (error) {
      setBusy(false);
      if (isProblem(error, "gone")) {
        setEnded(true);
      } else {
        setFault(error instanceof ApiProblem && error.at("/password") ? t("field.invalid") : faultWords(t, error));
      }
    }
  };

  if (ended) {
    return <Ended />;
  }
  return (
    <Card title={t("reset.title")} onSubmit={submit}>
      <PasswordField
        label={t("settings.password.new")}
        hint={t("auth.password.hint")}
        fault={fault}
        value={password}
        onValue={setPassword}
        name="password"
        autoComplete="new-password"
        maxLength={PASSWORD_MOST}
        autoFocus
        required
      />
      <Button type="submit" look="main" busy={busy} className="is-wide">
        {t("settings.password.change")}
      </Button>
    </Card>
  );
}

/** `/forgot`: the answer is the same whether somebody has the address. */
export function ForgotPage() {
  const t = useWords();
  const [email, setEmail] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!/^\S+@\S+$/.test(email.trim())) {
      setFault(t("field.email"));
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      await perform({ method: "POST", path: "/api/auth/forgot", body: { email: email.trim() } });
      setSent(true);
    } catch (error) {
      setFault(faultWords(t, error));
    }
    setBusy(false);
  };

  return (
    <Card title={t("forgot.title")} onSubmit={submit}>
      <p className="auth-text" role="status">
        {t(sent ? "forgot.sent" : "forgot.text")}
      </p>
      {sent ? null : (
        <>
          <Field
            label={t("auth.email")}
            fault={fault}
            value={email}
            onValue={setEmail}
            type="email"
            name="email"
            autoComplete="email"
            inputMode="email"
            maxLength={EMAIL_MOST}
            autoFocus
            required
          />
          <Button type="submit" look="main" busy={busy} className="is-wide">
            {t("forgot.send")}
          </Button>
        </>
      )}
      <p className="auth-other">
        <Anchor href="/signin">{t("auth.signIn")}</Anchor>
      </p>
    </Card>
  );
}

/** `/confirm#TOKEN`: a press of a button, because mail programs open links by themselves. */
export function ConfirmPage() {
  const t = useWords();
  const token = useAddress((at) => at.hash.slice(1));
  const [fault, setFault] = useState<string | null>(null);
  const [ended, setEnded] = useState(token === "");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await perform({ method: "POST", path: "/api/auth/confirm", body: { token } });
      toast(t("confirm.done"));
      go("/", { replace: true });
    } catch (error) {
      setBusy(false);
      if (isProblem(error, "gone")) {
        setEnded(true);
      } else {
        setFault(isProblem(error, "conflict") ? t("auth.taken") : faultWords(t, error));
      }
    }
  };

  if (ended) {
    return <Ended />;
  }
  return (
    <Card title={t("confirm.title")} onSubmit={submit}>
      {fault === null ? null : (
        <p className="form-fault" role="alert">
          {fault}
        </p>
      )}
      <Button type="submit" look="main" busy={busy} className="is-wide">
        {t("confirm.do")}
      </Button>
    </Card>
  );
}

function Card({
  title,
  onSubmit,
  children,
}: {
  readonly title: string;
  readonly onSubmit: (event: FormEvent) => Promise<void>;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Doska`;
  }, [title]);
  return (
    <main className="link-page" id="content">
      <div className="welcome-top">
        <Logo />
        <LanguageSwitch />
      </div>
      <form className="card auth" onSubmit={onSubmit} noValidate>
        <h1>{title}</h1>
        {children}
      </form>
    </main>
  );
}

function Ended() {
  const t = useWords();
  return (
    <Notice title={t("reset.gone.title")} text={t("reset.gone.text")} drawing="door">
      <Anchor className="button is-quiet" href="/forgot">
        {t("forgot.send")}
      </Anchor>
    </Notice>
  );
}
