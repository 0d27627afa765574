/** Which page an address shows. */

import { lazy, Suspense, useEffect } from "react";
import { usePagesTold } from "./activity/use-pages.ts";
import { guestOf } from "./api/guests.ts";
import { account, restoreSession } from "./api/here.ts";
import { ActivityPage } from "./pages/activity-page.tsx";
import { AuditDoor, AuditPage } from "./pages/audit-page.tsx";
import { BoardPage } from "./pages/board-page.tsx";
import { BoardsPage, WorkspaceBoardsPage } from "./pages/boards-page.tsx";
import { InvitePage } from "./pages/invite-page.tsx";
import { LinkAccountPage } from "./pages/link-account-page.tsx";
import { LinkPage } from "./pages/link-page.tsx";
import { MembersPage } from "./pages/members-page.tsx";
import { ConfirmPage, ForgotPage, ResetPage } from "./pages/reset-page.tsx";
import { safeNext } from "./pages/safe-next.ts";
import { SettingsPage } from "./pages/settings-page.tsx";
import { WebhooksPage } from "./pages/webhooks-page.tsx";
import { WelcomePage } from "./pages/welcome-page.tsx";
import { Button } from "./parts/button.tsx";
import { Guard } from "./parts/guard.tsx";
import { Mark } from "./parts/logo.tsx";
import { Notice } from "./parts/notice.tsx";
import { PageToasts } from "./parts/toasts.tsx";
import { go, useAddress } from "./router.ts";
import { useApp } from "./state/app-store.ts";
import { useWords } from "./state/words.ts";

// The past is looked at more seldom than the present: it is loaded apart.
const HistoryPage = lazy(() => import("./history/history-page.tsx"));

export function App() {
  const t = useWords();
  usePagesTold();
  return (
    <>
      <button type="button" className="skip" onClick={skip}>
        {t("app.skip")}
      </button>
      <Guard>
        <CurrentPage />
      </Guard>
      <PageToasts />
    </>
  );
}

/** Not a link: the fragment of a link page is its secret, and must not be replaced by an anchor's. */
function skip(): void {
  const content = document.getElementById("content");
  content?.setAttribute("tabindex", "-1");
  content?.focus();
}

function CurrentPage() {
  const t = useWords();
  const path = useAddress((at) => at.path);
  const search = useAddress((at) => at.search);
  const session = useApp((state) => state.session);
  const workspace = /^\/w\/([^/]+)(?:\/(members|activity|audit|webhooks))?\/?$/.exec(path);
  const boardId = /^\/b\/([^/]+)\/?$/.exec(path)?.[1] ?? null;

  if (session.status === "restoring") {
    return <Waiting />;
  }
  if (session.status === "unreachable" && (boardId === null || guestOf(boardId) === null)) {
    return (
      <Notice title={t("error.network")} text={t("error.unavailable")} drawing="broken">
        <Button look="main" onClick={() => void restoreSession()}>
          {t("common.retry")}
        </Button>
      </Notice>
    );
  }
  const user = session.status === "signed_in" ? session.user : null;
  if (boardId !== null) {
    const at = new URLSearchParams(search).get("at");
    return at === null ? (
      <BoardPage key={boardId} boardId={boardId} user={user} />
    ) : (
      <Suspense fallback={<Waiting />}>
        <HistoryPage key={`past ${boardId}`} boardId={boardId} at={at} user={user} />
      </Suspense>
    );
  }
  if (path === "/l") {
    return <LinkPage user={user} />;
  }
  if (path === "/link-account" && user === null) {
    return <LinkAccountPage />;
  }
  if (path === "/link-account") {
    return <Redirect to="/" />;
  }
  if (path === "/reset") {
    return <ResetPage />;
  }
  if (path === "/confirm") {
    return <ConfirmPage />;
  }
  if (path === "/forgot") {
    return <ForgotPage />;
  }
  if (path === "/i") {
    return <InvitePage user={user} />;
  }
  if (path === "/signin" || path === "/signup") {
    return user === null ? (
      <WelcomePage mode={path === "/signin" ? "signIn" : "signUp"} />
    ) : (
      <Redirect to={safeNext(search)} />
    );
  }
  if (path === "/audit" && user !== null) {
    return <AuditDoor user={user} />;
  }
  if (workspace !== null) {
    const [, workspaceId = "", tab] = workspace;
    if (user === null) {
      return <Redirect to={`/signin?next=${encodeURIComponent(path)}`} />;
    }
    if (tab === "activity") {
      return <ActivityPage user={user} workspaceId={workspaceId} />;
    }
    if (tab === "audit") {
      return <AuditPage user={user} workspaceId={workspaceId} />;
    }
    if (tab === "webhooks") {
      return <WebhooksPage user={user} workspaceId={workspaceId} />;
    }
    return tab === "members" ? (
      <MembersPage user={user} workspaceId={workspaceId} />
    ) : (
      <WorkspaceBoardsPage key={workspaceId} user={user} workspaceId={workspaceId} />
    );
  }
  if (path === "/" || path === "/settings" || path === "/audit") {
    if (user === null) {
      return path === "/" ? (
        <WelcomePage mode={account.isKnownHere ? "signIn" : "signUp"} />
      ) : (
        <Redirect to={`/signin?next=${path}`} />
      );
    }
    return path === "/" ? <BoardsPage user={user} /> : <SettingsPage user={user} />;
  }
  return (
    <Notice title={t("gone.page.title")} text={t("gone.page.text")} drawing="lost">
      <Button onClick={() => go("/")}>{t("common.back")}</Button>
    </Notice>
  );
}

function Waiting() {
  const t = useWords();
  return (
    <div className="app-loading" role="status">
      <Mark size={44} />
      <span className="sr-only">{t("app.loading")}</span>
    </div>
  );
}

function Redirect({ to }: { readonly to: string }) {
  useEffect(() => go(to, { replace: true }), [to]);
  return null;
}
