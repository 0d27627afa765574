/** Coming by an invite, to a workspace or a board: with an account, and on one's own word. */

import { type ReactNode, useEffect, useState } from "react";
import { me } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { ApiProblem } from "../api/problem.ts";
import { acceptInvite } from "../api/workspaces.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { LanguageSwitch } from "../parts/appearance.tsx";
import { Button } from "../parts/button.tsx";
import { Logo } from "../parts/logo.tsx";
import { Notice } from "../parts/notice.tsx";
import { signOut } from "../parts/page-head.tsx";
import { Anchor, go, useAddress } from "../router.ts";
import { useWords } from "../state/words.ts";
import { keep } from "../state/workspaces.ts";

type End = "gone" | "bad" | "other" | "member";

/** What an answer means to whoever followed the link; `null`: worth another try. */
export function inviteEnd(error: unknown): End | null {
  if (!(error instanceof ApiProblem)) {
    return null;
  }
  const ends: Readonly<Partial<Record<ApiProblem["code"], End>>> = {
    gone: "gone",
    not_found: "bad",
    schema_invalid: "bad",
    forbidden: "other",
    conflict: "member",
  };
  return ends[error.code] ?? null;
}

export function InvitePage({ user }: { readonly user: User | null }) {
  const t = useWords();
  const token = useAddress((at) => at.hash.slice(1));
  useEffect(() => {
    document.title = `${t("invite.title")} · Doska`;
  }, [t]);
  if (token === "") {
    return <Ended end="bad" user={user} token={token} />;
  }
  return user === null ? <Knock token={token} /> : <Accept key={token} token={token} user={user} />;
}

function Knock({ token }: { readonly token: string }) {
  const t = useWords();
  const next = `?next=${encodeURIComponent(`/i#${token}`)}`;
  return (
    <Card>
      <p className="auth-text">{t("invite.text")}</p>
      <Anchor className="button is-main is-wide" href={`/signup${next}`}>
        {t("auth.signUp")}
      </Anchor>
      <Anchor className="button is-quiet is-wide" href={`/signin${next}`}>
        {t("link.haveAccount")}
      </Anchor>
    </Card>
  );
}

function Accept({ token, user }: { readonly token: string; readonly user: User }) {
  const t = useWords();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [end, setEnd] = useState<End | null>(null);
  const accept = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      const thing = await acceptInvite(me, token);
      if ("board_id" in thing) {
        go(`/b/${thing.board_id}`, { replace: true });
      } else {
        keep(thing);
        go(`/w/${thing.workspace_id}`, { replace: true });
      }
    } catch (error) {
      setBusy(false);
      setEnd(inviteEnd(error));
      setFault(faultWords(t, error));
    }
  };
  if (end !== null) {
    return <Ended end={end} user={user} token={token} />;
  }
  return (
    <Card>
      <p className="auth-text">{t("invite.as", { name: user.name, email: user.email ?? "" })}</p>
      {fault === null ? null : (
        <p className="form-fault" role="alert">
          {fault}
        </p>
      )}
      <Button look="main" className="is-wide" busy={busy} autoFocus onClick={() => void accept()}>
        {t("invite.accept")}
      </Button>
      <Button className="is-wide" onClick={() => signOut(`/i#${token}`)}>
        {t("invite.other")}
      </Button>
    </Card>
  );
}

function Card({ children }: { readonly children: ReactNode }) {
  const t = useWords();
  return (
    <main className="link-page" id="content">
      <div className="welcome-top">
        <Logo />
        <LanguageSwitch />
      </div>
      <div className="card auth">
        <h1>{t("invite.title")}</h1>
        {children}
      </div>
    </main>
  );
}

interface EndedProps {
  readonly end: End;
  readonly user: User | null;
  readonly token: string;
}

function Ended({ end, user, token }: EndedProps) {
  const t = useWords();
  const email = user?.email ?? "";
  return (
    <Notice title={t(`invite.${end}.title`)} text={t(`invite.${end}.text`, { email })} drawing="door">
      {end === "other" ? (
        <Button look="main" onClick={() => signOut(`/i#${token}`)}>
          {t("invite.other")}
        </Button>
      ) : null}
      <Anchor className="button is-quiet" href="/">
        {t("common.back")}
      </Anchor>
    </Notice>
  );
}
