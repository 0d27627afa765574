/** One's own account: name and colour, language and theme, password, sessions, the end of it. */

import { type FormEvent, useCallback, useEffect, useState } from "react";
import { account, me } from "../api/here.ts";
import { changePassword, closeSession, deleteMe, listSessions, updateMe } from "../api/me.ts";
import type { LoginSession, User } from "../api/models.ts";
import { ApiProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { LanguageSwitch, ThemeSwitch } from "../parts/appearance.tsx";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field, PasswordField } from "../parts/field.tsx";
import { PageHead, signOut } from "../parts/page-head.tsx";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { attempt } from "./board-actions.ts";

const NAME_MOST = 100;
const PASSWORD_LEAST = 8;
const COLORS = ["#1971c2", "#e03131", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599", "#c2255c", "#6741d9"];

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
        <Profile user={user} />
        <section className="card">
          <h2>{t("settings.appearance")}</h2>
          <div className="settings-row">
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </section>
        <Password />
        <Sessions />
        <Farewell />
        <p className="licences">
          <a href="/licences.txt">{t("settings.licences")}</a>
        </p>
      </main>
    </div>
  );
}

function Profile({ user }: { readonly user: User }) {
  const t = useWords();
  const [name, setName] = useState(user.name);
  const [color, setColor] = useState(user.color);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const changed = await attempt(() => updateMe(me, { name: name.trim(), color }));
    setBusy(false);
    if (changed !== null) {
      account.changed(changed);
      toast(t("settings.saved"));
    }
  };
  const colors = COLORS.includes(user.color) ? COLORS : [user.color, ...COLORS];
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t("settings.profile")}</h2>
      <div className="settings-person">
        <Avatar name={name} color={color} />
        <span>{user.email}</span>
      </div>
      <Field label={t("auth.name")} value={name} onValue={setName} maxLength={NAME_MOST} autoComplete="name" required />
      <fieldset className="swatches">
        <legend className="field-label">{t("settings.color")}</legend>
        {colors.map((one) => (
          <label key={one} className="swatch" style={{ "--person": one } as React.CSSProperties}>
            <input type="radio" name="color" value={one} checked={color === one} onChange={() => setColor(one)} />
            <span className="sr-only">{one}</span>
          </label>
        ))}
      </fieldset>
      <div className="card-actions">
        <Button
          type="submit"
          look="main"
          busy={busy}
          disabled={name.trim() === "" || (name.trim() === user.name && color === user.color)}
        >
          {t("common.save")}
        </Button>
      </div>
    </form>
  );
}

function Password() {
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

function Sessions() {
  const t = useWords();
  const moments = useMoments();
  const [sessions, setSessions] = useState<readonly LoginSession[] | null>(null);
  const load = useCallback(() => {
    listSessions(me).then(setSessions, () => setSessions([]));
  }, []);
  useEffect(load, [load]);
  return (
    <section className="card">
      <h2>{t("settings.sessions")}</h2>
      <ul className="rows" aria-busy={sessions === null}>
        {(sessions ?? []).map((session) => {
          const client = clientName(session.client) ?? t("settings.sessions.unknown");
          return (
            <li key={session.session_id} className="row">
              <span className="row-main">
                <strong>{client}</strong>
                <span className="row-note">
                  {session.current
                    ? t("settings.sessions.current")
                    : t("settings.sessions.seen", { date: moments(session.seen_at) })}
                  {session.address === null ? "" : ` · ${session.address}`}
                </span>
              </span>
              {session.current ? null : (
                <Button
                  aria-label={t("settings.sessions.close.label", { client })}
                  onClick={() => void attempt(() => closeSession(me, session.session_id)).then(load)}
                >
                  {t("settings.sessions.close")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The browser and the system out of a user agent, where they can be told. */
export function clientName(client: string | null): string | null {
  if (client === null || client === "") {
    return null;
  }
  const browser = /(Edg|OPR|YaBrowser|Firefox|Chrome|Safari)[A-Za-z]*\//.exec(client)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(client)?.[1];
  const names: Readonly<Record<string, string>> = {
    Edg: "Edge",
    OPR: "Opera",
    YaBrowser: "Yandex",
    "Mac OS X": "macOS",
  };
  const known = [browser, system].filter((part) => part !== undefined).map((part) => names[part] ?? part);
  return known.length > 0 ? known.join(", ") : client.slice(0, 60);
}

function Farewell() {
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
      setFault(wrong ? t("settings.password.wrong") : faultWords(t, error));
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
