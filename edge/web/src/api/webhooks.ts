/** The API of a workspace's webhooks. */

import type { Caller } from "./caller.ts";
import type { Page } from "./models.ts";

export interface Webhook {
  readonly subscription_id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly boards: readonly string[];
  /** Why it gets nothing, if so. */
  readonly paused: "asked" | "failing" | "gone" | null;
  readonly paused_at: string | null;
  readonly failing_since: string | null;
  readonly previous_secret_until: string | null;
  readonly created_at: string;
}

/** The secret is told only once. */
export interface NewWebhook extends Webhook {
  readonly secret: string;
}

export const DELIVERY_FAULTS = [
  "status",
  "redirect",
  "forbidden_address",
  "no_answer",
  "unknown_host",
  "not_secure",
  "unreachable",
  "no_key",
  "broken",
] as const;

export interface Delivery {
  readonly delivery_id: string;
  readonly type: string;
  readonly state: "pending" | "delivered" | "failed";
  readonly attempts: number;
  readonly status: number | null;
  readonly latency_ms: number | null;
  /** One of the faults, or one of a newer server. */
  readonly error: string | null;
  readonly tried_at: string | null;
  readonly next_at: string | null;
  readonly created_at: string;
}

export interface WebhookWish {
  readonly url: string;
  readonly types: readonly string[];
  /** Only what is about these; empty: about all there are and will be. */
  readonly boards: readonly string[];
}

interface SchemaItem {
  readonly type: string;
  readonly webhooks?: boolean;
}

const AT_ONCE = 200;

function place(workspaceId: string, ...rest: readonly string[]): string {
  return ["/api/workspaces", workspaceId, "webhooks", ...rest]
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join("/");
}

/** The types that webhooks can subscribe to, by name. */
export async function listEventTypes(caller: Caller): Promise<readonly string[]> {
  const found = new Set<string>();
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(AT_ONCE), ...(cursor === null ? {} : { cursor }) });
    const page: Page<SchemaItem> = await caller.request({ method: "GET", path: `/api/schemas?${query}` });
    for (const item of page.items) {
      if (item.webhooks === true) {
        found.add(item.type);
      }
    }
    cursor = page.next;
  } while (cursor !== null);
  return [...found].sort();
}

export async function listWebhooks(caller: Caller, workspaceId: string): Promise<readonly Webhook[]> {
  const path = `${place(workspaceId)}?limit=${AT_ONCE}`;
  return (await caller.request<Page<Webhook>>({ method: "GET", path })).items;
}

export function createWebhook(caller: Caller, workspaceId: string, body: WebhookWish): Promise<NewWebhook> {
  return caller.request({ method: "POST", path: place(workspaceId), body });
}

export function changeWebhook(caller: Caller, workspaceId: string, id: string, body: WebhookWish): Promise<Webhook> {
  return caller.request({ method: "PATCH", path: place(workspaceId, id), body });
}

export function deleteWebhook(caller: Caller, workspaceId: string, id: string): Promise<void> {
  return caller.perform({ method: "DELETE", path: place(workspaceId, id) });
}

export function setWebhookPaused(caller: Caller, workspaceId: string, id: string, paused: boolean): Promise<Webhook> {
  return caller.request({ method: "POST", path: place(workspaceId, id, paused ? "pause" : "resume"), body: {} });
}

export function rotateWebhook(caller: Caller, workspaceId: string, id: string): Promise<NewWebhook> {
  return caller.request({ method: "POST", path: place(workspaceId, id, "rotate"), body: {} });
}

export function testWebhook(
  caller: Caller,
  workspaceId: string,
  id: string,
): Promise<{ readonly delivery_id: string }> {
  return caller.request({ method: "POST", path: place(workspaceId, id, "test"), body: {} });
}

export function listDeliveries(caller: Caller, workspaceId: string, id: string): Promise<Page<Delivery>> {
  return caller.request({ method: "GET", path: place(workspaceId, id, "deliveries") });
}

export function redeliver(
  caller: Caller,
  workspaceId: string,
  id: string,
  deliveryId: string,
): Promise<{ readonly delivery_id: string }> {
  const path = place(workspaceId, id, "deliveries", deliveryId, "redeliver");
  return caller.request({ method: "POST", path, body: {} });
}
