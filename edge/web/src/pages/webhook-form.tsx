/** The address of a webhook and what it gets: for a new one, and to change one. */

import { type FormEvent, useState } from "react";
import { ApiProblem, isProblem } from "../api/problem.ts";
import type { WebhookWish } from "../api/webhooks.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { useWords } from "../state/words.ts";
import { BoardPicker } from "./board-picker.tsx";
import { EventPicker } from "./event-picker.tsx";

const URL_MOST = 1000;

interface Fault {
  readonly url?: string;
  readonly types?: string;
  readonly boards?: string;
}

interface WebhookFormProps {
  readonly workspaceId: string;
  readonly before: WebhookWish;
  readonly submitText: string;
  /** Fails with what the server said. */
  readonly onWish: (wish: WebhookWish) => Promise<void>;
  readonly onCancel?: () => void;
}

export function WebhookForm({ workspaceId, before, submitText, onWish, onCancel }: WebhookFormProps) {
  const t = useWords();
  const [url, setUrl] = useState(before.url);
  const [types, setTypes] = useState(before.types);
  const [boards, setBoards] = useState(some(before.boards));
  const [fault, setFault] = useState<Fault>({});
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const address = written(url);
    if (address === null) {
      setFault({ url: t("webhooks.url.fault") });
      return;
    }
    if (types.length === 0) {
      setFault({ types: t("webhooks.types.none") });
      return;
    }
    if (boards?.length === 0) {
      setFault({ boards: t("webhooks.types.none") });
      return;
    }
    setBusy(true);
    setFault({});
    try {
      await onWish({ url: address, types, boards: boards ?? [] });
      setUrl(before.url);
      setTypes(before.types);
      setBoards(some(before.boards));
    } catch (error) {
      setFault(refusal(error));
    }
    setBusy(false);
  };
  const refusal = (error: unknown): Fault => {
    if (error instanceof ApiProblem && error.at("/url")) {
      return { url: t("webhooks.url.refused") };
    }
    if (error instanceof ApiProblem && error.errors.some((one) => one.path.startsWith("/types"))) {
      return { types: t("webhooks.types.none") };
    }
    if (error instanceof ApiProblem && error.errors.some((one) => one.path.startsWith("/boards"))) {
      return { boards: t("webhooks.boards.refused") };
    }
    return { url: isProblem(error, "conflict") ? t("webhooks.most") : faultWords(t, error) };
  };
  return (
    <form className="webhook-form" onSubmit={submit} noValidate>
      <Field
        label={t("webhooks.url")}
        hint={t("webhooks.url.hint")}
        fault={fault.url ?? null}
        value={url}
        onValue={setUrl}
        type="url"
        inputMode="url"
        autoComplete="off"
        placeholder="https://"
        maxLength={URL_MOST}
        required
      />
      <EventPicker
        value={types}
        fault={fault.types ?? null}
        onValue={(chosen) => {
          setTypes(chosen);
          setFault({});
        }}
      />
      <BoardPicker
        workspaceId={workspaceId}
        value={boards}
        fault={fault.boards ?? null}
        onValue={(chosen) => {
          setBoards(chosen);
          setFault({});
        }}
      />
      <div className="card-actions">
        {onCancel === undefined ? null : <Button onClick={onCancel}>{t("common.cancel")}</Button>}
        <Button type="submit" look="main" busy={busy}>
          {submitText}
        </Button>
      </div>
    </form>
  );
}

/** The API says "all of them" by naming none. */
function some(boards: readonly string[]): readonly string[] | null {
  return boards.length === 0 ? null : boards;
}

/** As the standard of addresses writes it, names in other scripts too; null for what is none. */
function written(text: string): string | null {
  try {
    const url = new URL(text.trim());
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
