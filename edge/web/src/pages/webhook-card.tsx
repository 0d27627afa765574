/** One webhook: where it goes, what it gets, how it fares, and what can be done with it. */

import { useEffect, useRef, useState } from "react";
import { me } from "../api/here.ts";
import {
  changeWebhook,
  type Delivery,
  deleteWebhook,
  listDeliveries,
  type NewWebhook,
  rotateWebhook,
  setWebhookPaused,
  testWebhook,
  type Webhook,
} from "../api/webhooks.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { attempt } from "./board-actions.ts";
import { outcomeWords, WebhookDeliveries } from "./webhook-deliveries.tsx";
import { WebhookForm } from "./webhook-form.tsx";
import { FarewellDialog } from "./workspace-dialogs.tsx";

const LOOK_MS = 500;
const LOOKS = 40;

interface WebhookCardProps {
  readonly workspaceId: string;
  readonly webhook: Webhook;
  readonly onChange: () => void;
  readonly onSecret: (made: NewWebhook) => void;
  readonly onGone: () => void;
}

export function WebhookCard({ workspaceId, webhook, onChange, onSecret, onGone }: WebhookCardProps) {
  const t = useWords();
  const moments = useMoments();
  const id = webhook.subscription_id;
  const [open, setOpen] = useState<"change" | "delete" | "rotate" | null>(null);
  const [turn, setTurn] = useState(0);
  const { test, result, testing } = useTest(workspaceId, id, () => setTurn((before) => before + 1));
  const pause = async (paused: boolean): Promise<void> => {
    if ((await attempt(() => setWebhookPaused(me, workspaceId, id, paused))) !== null) {
      toast(t(paused ? "webhooks.paused.done" : "webhooks.resumed.done"));
    }
    onChange();
  };
  const rotate = async (): Promise<void> => {
    const made = await attempt(() => rotateWebhook(me, workspaceId, id));
    if (made !== null) {
      onSecret(made);
    }
    onChange();
  };
  const remove = async (): Promise<void> => {
    if ((await attempt(() => deleteWebhook(me, workspaceId, id).then(() => true))) !== null) {
      toast(t("webhooks.deleted"));
      onGone();
    }
    onChange();
  };
  return (
    <section className="card webhook" aria-label={webhook.url}>
      <h2>{webhook.url}</h2>
      <p className="webhook-types">
        {webhook.types.map((type) => (
          <code key={type}>{type === "*" ? t("webhooks.types.all") : type}</code>
        ))}
      </p>
      {webhook.boards.length === 0 ? null : (
        <p className="card-text webhook-boards">{t("webhooks.boards.some", { n: webhook.boards.length })}</p>
      )}
      {webhook.paused === null ? null : (
        <p className="webhook-notice" role="status">
          {t(`webhooks.paused.${webhook.paused}`, {
            time: webhook.paused_at === null ? "" : moments(webhook.paused_at),
          })}
        </p>
      )}
      {webhook.paused === null && webhook.failing_since !== null ? (
        <p className="webhook-notice" role="status">
          {t("webhooks.failing", { time: moments(webhook.failing_since) })}
        </p>
      ) : null}
      {webhook.previous_secret_until === null ? null : (
        <p className="card-text">{t("webhooks.previous", { time: moments(webhook.previous_secret_until) })}</p>
      )}
      <div className="card-actions">
        <Button look="main" busy={testing} disabled={webhook.paused !== null} onClick={() => void test()}>
          {t("webhooks.test")}
        </Button>
        <Button onClick={() => void pause(webhook.paused === null)}>
          {t(webhook.paused === null ? "webhooks.pause" : "webhooks.resume")}
        </Button>
        <Button onClick={() => setOpen("change")}>{t("webhooks.change")}</Button>
        <Button onClick={() => setOpen("rotate")}>{t("webhooks.rotate")}</Button>
        <Button onClick={() => setOpen("delete")}>{t("webhooks.delete")}</Button>
      </div>
      <p className="webhook-result" role="status">
        {result === null ? "" : t("webhooks.test.result", { result: outcomeWords(t, result) })}
      </p>
      <details className="webhook-more">
        <summary>{t("webhooks.deliveries")}</summary>
        <OnlyOpen>
          <WebhookDeliveries workspaceId={workspaceId} webhook={webhook} turn={turn} />
        </OnlyOpen>
      </details>
      {open === "change" ? (
        <Dialog title={t("webhooks.change")} onClose={() => setOpen(null)} wide>
          <div className="dialog-body">
            <WebhookForm
              workspaceId={workspaceId}
              before={webhook}
              submitText={t("common.save")}
              onCancel={() => setOpen(null)}
              onWish={async (wish) => {
                await changeWebhook(me, workspaceId, id, wish);
                setOpen(null);
                toast(t("webhooks.changed"));
                onChange();
              }}
            />
          </div>
        </Dialog>
      ) : null}
      {open === "rotate" ? (
        <FarewellDialog
          title={t("webhooks.rotate.title")}
          text={t("webhooks.rotate.text")}
          action={t("webhooks.rotate")}
          onClose={() => setOpen(null)}
          onAction={rotate}
        />
      ) : null}
      {open === "delete" ? (
        <FarewellDialog
          title={t("webhooks.delete.title")}
          text={t("webhooks.delete.text")}
          action={t("webhooks.delete")}
          onClose={() => setOpen(null)}
          onAction={remove}
        />
      ) : null}
    </section>
  );
}

/** Its content exists only while the `details` around it is open: what nobody sees asks the server nothing. */
function OnlyOpen({ children }: { readonly children: React.ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const details = ref.current?.closest("details");
    const note = (): void => setIsOpen(details?.open === true);
    details?.addEventListener("toggle", note);
    return () => details?.removeEventListener("toggle", note);
  }, []);
  return <div ref={ref}>{isOpen ? children : null}</div>;
}

interface Test {
  readonly test: () => Promise<void>;
  readonly result: Delivery | null;
  readonly testing: boolean;
}

/** Sends a test and looks for what came of it. */
function useTest(workspaceId: string, id: string, onDone: () => void): Test {
  const [result, setResult] = useState<Delivery | null>(null);
  const [testing, setTesting] = useState(false);
  const left = useRef(false);
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
    };
  }, []);
  const test = async (): Promise<void> => {
    setTesting(true);
    setResult(null);
    const asked = await attempt(() => testWebhook(me, workspaceId, id));
    for (let look = 0; asked !== null && look < LOOKS && !left.current; look += 1) {
      const page = await attempt(() => listDeliveries(me, workspaceId, id));
      const found = page?.items.find((one) => one.delivery_id === asked.delivery_id && one.tried_at !== null);
      if (page === null || found !== undefined) {
        setResult(found ?? null);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    setTesting(false);
    onDone();
  };
  return { test, result, testing };
}
