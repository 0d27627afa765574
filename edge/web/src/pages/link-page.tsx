/** Coming by a link: say who you are, give the password if there is one, and the board opens. */

import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { guestBy, openAsAccount, openAsGuest } from "../api/guests.ts";
import { account } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { ApiProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { LanguageSwitch } from "../parts/appearance.tsx";
import { Button } from "../parts/button.tsx";
import { Field, PasswordField } from "../parts/field.tsx";
import { Logo } from "../parts/logo.tsx";
import { Notice } from "../parts/notice.tsx";
import { Anchor, go, useAddress } from "../router.ts";
import { storage } from "../state/storage.ts";
import { useWords } from "../state/words.ts";

const NAME_MOST = 100;
const NAME_KEY = "doska.guest-name";

export function LinkPage({ user }: { readonly user: User | null }) {
  const t = useWords();
  const token = useAddress((at) => at.hash.slice(1));
  useEffect(() => {
    document.title = `${t("link.title")} · Doska`;
  }, [t]);
  if (token === "") {
    return (
      <Notice title={t("gone.link.bad.title")} text={t("gone.link.bad.text")} drawing="door">
        <Anchor className="button is-quiet" href="/">
          {t("common.back")}
        </Anchor>
      </Notice>
    );
  }
  return <LinkForm key={`${token}${user?.user_id ?? ""}`} token={token} user={user} />;
}

function LinkForm({ token, user }: { readonly token: string; readonly user: User | null }) {
  const t = useWords();
  const before = useRef(user === null ? guestBy(token) : null);
  const [name, setName] = useState(before.current?.name ?? storage.getItem(NAME_KEY) ?? "");
  const [password, setPassword] = useState("");
  const [wantsPassword, setWantsPassword] = useState(false);
  const [fault, setFault] = useState<{ readonly field: "name" | "password" | "form"; readonly text: string } | null>(
    null,
  );
  const [ended, setEnded] = useState<"gone" | "bad" | null>(null);
  // Somebody known goes straight in; only what is missing is asked.
  const [busy, setBusy] = useState(user !== null || before.current !== null);

  const open = useCallback(
    async (asName: string | null, withPassword: string | null): Promise<void> => {
      setBusy(true);
      setFault(null);
      try {
        const boardId =
          user === null
            ? (await openAsGuest(token, asName, withPassword)).boardId
            : (await openAsAccount(token, (await account.current()).token, withPassword)).board_id;
        go(`/b/${boardId}`, { replace: true });
      } catch (error) {
        setBusy(false);
        if (error instanceof ApiProblem && error.code === "gone") {
          setEnded("gone");
        } else if (error instanceof ApiProblem && error.code === "not_found") {
          setEnded("bad");
        } else if (error instanceof ApiProblem && error.at("/password")) {
          setWantsPassword(true);
          if (withPassword !== null) {
            setFault({ field: "password", text: t("link.password.wrong") });
          }
        } else if (error instanceof ApiProblem && error.at("/name")) {
          setFault({ field: "name", text: t("field.invalid") });
        } else {
          setFault({ field: "form", text: faultWords(t, error) });
        }
      }
    },
    [token, user, t],
  );

  const knocked = useRef(false);
  useEffect(() => {
    if (busy && !knocked.current) {
      knocked.current = true;
      void open(null, null);
    }
  }, [busy, open]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const asName = name.trim();
    if (user === null && asName === "") {
      setFault({ field: "name", text: t("field.required") });
      return;
    }
    if (user === null) {
      storage.setItem(NAME_KEY, asName);
    }
    knocked.current = true;
    void open(user === null ? asName : null, password === "" ? null : password);
  };

  if (ended !== null) {
    const key = ended === "gone" ? "gone.link" : "gone.link.bad";
    return (
      <Notice title={t(`${key}.title`)} text={t(`${key}.text`)} drawing="door">
        <Anchor className="button is-quiet" href="/">
          {t("common.back")}
        </Anchor>
      </Notice>
    );
  }
  return (
    <main className="link-page" id="content">
      <div className="welcome-top">
        <Logo />
        <LanguageSwitch />
      </div>
      <form className="card auth" onSubmit={submit} noValidate>
        <h1>{t("link.title")}</h1>
        <p className="auth-text">{user === null ? t("link.text") : t("link.text.account", { name: user.name })}</p>
        {fault?.field === "form" ? (
          <p className="form-fault" role="alert">
            {fault.text}
          </p>
        ) : null}
        {user === null ? (
          <Field
            label={t("auth.name")}
            hint={t("auth.name.hint")}
            fault={fault?.field === "name" ? fault.text : null}
            value={name}
            onValue={setName}
            name="name"
            autoComplete="name"
            maxLength={NAME_MOST}
            autoFocus
            required
          />
        ) : null}
        {wantsPassword ? (
          <PasswordField
            label={t("link.password")}
            hint={t("link.password.needed")}
            fault={fault?.field === "password" ? fault.text : null}
            value={password}
            onValue={setPassword}
            autoComplete="off"
            autoFocus
            required
          />
        ) : null}
        <Button type="submit" look="main" busy={busy} className="is-wide">
          {t("link.join")}
        </Button>
        {user === null ? (
          <p className="auth-other">
            <Anchor href={`/signin?next=${encodeURIComponent(`/l#${token}`)}`}>{t("link.haveAccount")}</Anchor>
          </p>
        ) : null}
      </form>
    </main>
  );
}
