/** The webhooks of a workspace: for its admins. */

import { useCallback, useEffect, useRef, useState } from "react";
import { me } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { createWebhook, listWebhooks, type NewWebhook } from "../api/webhooks.ts";
import type { Workspace } from "../api/workspaces.ts";
import { Button } from "../parts/button.tsx";
import { MadeLink } from "../share/made-link.tsx";
import { useLoaded } from "../state/loaded.ts";
import { useWords } from "../state/words.ts";
import { WebhookCard } from "./webhook-card.tsx";
import { WebhookForm } from "./webhook-form.tsx";
import { WorkspacePage } from "./workspace-page.tsx";

const AGAIN_MS = 10_000;
const NOTHING = { url: "", types: [], boards: [] } as const;

export function WebhooksPage({ user, workspaceId }: { readonly user: User; readonly workspaceId: string }) {
  const t = useWords();
  return (
    <WorkspacePage user={user} workspaceId={workspaceId} tab="webhooks">
      {(workspace) =>
        workspace.role === "admin" ? (
          <Webhooks key={workspaceId} workspace={workspace} />
        ) : (
          <p>{t("webhooks.nowhere")}</p>
        )
      }
    </WorkspacePage>
  );
}

function Webhooks({ workspace }: { readonly workspace: Workspace }) {
  const t = useWords();
  const workspaceId = workspace.workspace_id;
  const { value, fault, reload } = useLoaded(useCallback(() => listWebhooks(me, workspaceId), [workspaceId]));
  const [made, setMade] = useState<NewWebhook | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // An endpoint that fails, or was given up, is told without a reload.
  useEffect(() => {
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <div className="sheet">
      <h1 ref={heading} tabIndex={-1}>
        {t("webhooks.title")}
      </h1>
      <p className="card-text">{t("webhooks.text")}</p>
      {made === null ? null : (
        <MadeLink
          title={t("webhooks.made", { url: made.url })}
          label={t("webhooks.secret")}
          url={made.secret}
          text={t("webhooks.secret.once")}
        />
      )}
      {fault !== null && value === null ? (
        <div className="empty is-small" role="alert">
          <p>{t("share.loadFailed")}</p>
          <Button onClick={reload}>{t("common.retry")}</Button>
        </div>
      ) : null}
      {(value ?? []).map((webhook) => (
        <WebhookCard
          key={webhook.subscription_id}
          workspaceId={workspaceId}
          webhook={webhook}
          onChange={reload}
          onSecret={(secret) => {
            setMade(secret);
            heading.current?.focus();
          }}
          onGone={() => {
            setMade((before) => (before?.subscription_id === webhook.subscription_id ? null : before));
            heading.current?.focus();
          }}
        />
      ))}
      <section className="card" aria-labelledby="webhook-new" aria-busy={value === null}>
        <h2 id="webhook-new">{t("webhooks.new")}</h2>
        <WebhookForm
          workspaceId={workspaceId}
          before={NOTHING}
          submitText={t("webhooks.create")}
          onWish={async (wish) => {
            setMade(await createWebhook(me, workspaceId, wish));
            reload();
            heading.current?.focus();
          }}
        />
      </section>
    </div>
  );
}
