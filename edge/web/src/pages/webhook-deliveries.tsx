/** What was sent to a webhook and what came of it; each can be sent again. */

import { useCallback, useEffect } from "react";
import { me } from "../api/here.ts";
import { DELIVERY_FAULTS, type Delivery, listDeliveries, redeliver, type Webhook } from "../api/webhooks.ts";
import type { Translate } from "../i18n/translate.ts";
import { Button } from "../parts/button.tsx";
import { useLoaded } from "../state/loaded.ts";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { typeWords } from "./audit-words.ts";
import { attempt } from "./board-actions.ts";

const AGAIN_MS = 3_000;

interface WebhookDeliveriesProps {
  readonly workspaceId: string;
  readonly webhook: Webhook;
  /** Changes when there is something new to show. */
  readonly turn: number;
}

export function WebhookDeliveries({ workspaceId, webhook, turn }: WebhookDeliveriesProps) {
  const t = useWords();
  const id = webhook.subscription_id;
  const { value, reload } = useLoaded(useCallback(() => listDeliveries(me, workspaceId, id), [workspaceId, id]));
  useEffect(() => {
    if (turn > 0) {
      reload();
    }
  }, [turn, reload]);
  useEffect(() => {
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const again = async (delivery: Delivery): Promise<void> => {
    if ((await attempt(() => redeliver(me, workspaceId, id, delivery.delivery_id))) !== null) {
      toast(t("webhooks.again.done"));
      reload();
    }
  };
  if (value !== null && value.items.length === 0) {
    return <p className="card-text">{t("webhooks.deliveries.none")}</p>;
  }
  return (
    <ul className="rows" aria-label={t("webhooks.deliveries")} aria-busy={value === null}>
      {(value?.items ?? []).map((delivery) => (
        <DeliveryRow
          key={delivery.delivery_id}
          delivery={delivery}
          mayAgain={webhook.paused === null && delivery.tried_at !== null}
          onAgain={() => void again(delivery)}
        />
      ))}
    </ul>
  );
}

interface DeliveryRowProps {
  readonly delivery: Delivery;
  readonly mayAgain: boolean;
  readonly onAgain: () => void;
}

function DeliveryRow({ delivery, mayAgain, onAgain }: DeliveryRowProps) {
  const t = useWords();
  const moments = useMoments();
  const what = typeWords(t, delivery.type);
  return (
    <li className="row">
      <span className="row-main">
        <strong>{what}</strong>
        <span className="row-note">
          <time dateTime={delivery.created_at}>{moments(delivery.created_at)}</time>
          {" · "}
          <span className={`delivery is-${delivery.state}`}>{outcomeWords(t, delivery)}</span>
          {delivery.state === "pending" && delivery.attempts > 0 && delivery.next_at !== null
            ? ` · ${t("webhooks.next", { time: moments(delivery.next_at) })}`
            : null}
        </span>
      </span>
      {mayAgain ? (
        <Button onClick={onAgain} aria-label={t("webhooks.again.label", { what })}>
          {t("webhooks.again")}
        </Button>
      ) : null}
    </li>
  );
}

/** What came of a delivery: its status, how long it took, why it did not arrive. */
export function outcomeWords(t: Translate, delivery: Delivery): string {
  if (delivery.tried_at === null) {
    return t("webhooks.state.waiting");
  }
  const known = DELIVERY_FAULTS.find((one) => one === delivery.error);
  const why = known === undefined || known === "status" ? "" : t(`webhooks.fault.${known}`);
  const took = delivery.latency_ms === null ? "" : t("webhooks.took", { n: delivery.latency_ms });
  const state = t(`webhooks.state.${delivery.state}`);
  return [state, delivery.status === null ? "" : String(delivery.status), why, took]
    .filter((part) => part !== "")
    .join(", ");
}
