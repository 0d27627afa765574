/** Who did what in a workspace: for its admins, with filters, and as a file. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type AuditQuery, exportAudit, readAudit } from "../api/audit.ts";
import { me } from "../api/here.ts";
import type { AuditEntry, User } from "../api/models.ts";
import { listMembers, type Workspace } from "../api/workspaces.ts";
import { Button } from "../parts/button.tsx";
import { Field, Select } from "../parts/field.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { go } from "../router.ts";
import { useLoaded } from "../state/loaded.ts";
import { useMoments, useWords } from "../state/words.ts";
import { useWorkspaces } from "../state/workspaces.ts";
import { AUDIT_TYPES, details, typeWords } from "./audit-words.ts";
import { attempt, keepFile } from "./board-actions.ts";
import { clientName } from "./client-name.ts";
import { WorkspacePage } from "./workspace-page.tsx";

const COLUMNS = ["when", "who", "what", "where"] as const;

export function AuditPage({ user, workspaceId }: { readonly user: User; readonly workspaceId: string }) {
  return (
    <WorkspacePage user={user} workspaceId={workspaceId} tab="audit">
      {(workspace) =>
        workspace.role === "admin" ? <Audit key={workspaceId} workspace={workspace} /> : <AuditClosed />
      }
    </WorkspacePage>
  );
}

/** An address that knows no workspace: one's own has an audit for sure. */
export function AuditDoor({ user }: { readonly user: User }) {
  const { status, items } = useWorkspaces(user.user_id);
  const own = items.find((one) => one.personal) ?? items.find((one) => one.role === "admin");
  useEffect(() => {
    if (own !== undefined) {
      go(`/w/${own.workspace_id}/audit`, { replace: true });
    }
  }, [own]);
  return (
    <div className="boards">
      <PageHead user={user} />
      <main className="boards-main" id="content" aria-busy={status === "loading"}>
        {own === undefined && status !== "loading" ? <AuditClosed /> : null}
      </main>
    </div>
  );
}

function AuditClosed() {
  const t = useWords();
  return <p>{t("audit.nowhere")}</p>;
}

function Audit({ workspace }: { readonly workspace: Workspace }) {
  const t = useWords();
  const workspaceId = workspace.workspace_id;
  const [asked, setAsked] = useState<AuditQuery>({ workspaceId, actor: "", type: "", from: "", to: "" });
  const { value: members } = useLoaded(useCallback(() => listMembers(me, workspaceId), [workspaceId]));
  const { entries, next, busy, more } = useAudit(asked);
  const change = (part: Partial<AuditQuery>): void => setAsked((before) => ({ ...before, ...part }));
  const save = async (): Promise<void> => {
    const blob = await attempt(() => exportAudit(me, asked));
    if (blob !== null) {
      keepFile(blob, `audit-${asked.workspaceId}.ndjson`);
    }
  };
  return (
    <div className="sheet is-wide">
      <h1>{t("audit.title")}</h1>
      <form className="card audit-filters" onSubmit={(event) => event.preventDefault()}>
        <Select
          label={t("audit.who")}
          value={asked.actor}
          options={[
            { value: "", text: t("audit.who.all") },
            ...(members ?? []).map(({ user_id, name }) => ({ value: user_id, text: name })),
          ]}
          onValue={(actor) => change({ actor })}
        />
        <Select
          label={t("audit.type")}
          value={asked.type}
          options={[
            { value: "", text: t("audit.type.all") },
            ...AUDIT_TYPES.map((type) => ({ value: type, text: typeWords(t, type) })),
          ]}
          onValue={(type) => change({ type })}
        />
        <Field label={t("audit.from")} type="date" value={asked.from} onValue={(from) => change({ from })} />
        <Field label={t("audit.to")} type="date" value={asked.to} onValue={(to) => change({ to })} />
        <Button onClick={() => void save()}>{t("audit.export")}</Button>
      </form>
      <section className="card" aria-busy={busy}>
        {entries.length === 0 && !busy ? <p>{t("audit.empty")}</p> : <Entries entries={entries} />}
        {next === null ? null : (
          <Button busy={busy} onClick={more}>
            {t("audit.more")}
          </Button>
        )}
      </section>
    </div>
  );
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  const t = useWords();
  const moments = useMoments();
  return (
    <WideTable caption={t("audit.title")} columns={COLUMNS.map((column) => t(`audit.${column}`))}>
      {entries.map((entry) => (
        <tr key={entry.audit_id}>
          <td>
            <time dateTime={entry.time}>{moments(entry.time)}</time>
          </td>
          <td>{entry.actor_name ?? t(entry.link_id === null ? "audit.gone" : "audit.guest")}</td>
          <td>
            {typeWords(t, entry.type)}
            <span className="row-note">{details(entry)}</span>
          </td>
          <td>
            {entry.address ?? "—"}
            <span className="row-note">{clientName(entry.client)}</span>
          </td>
        </tr>
      ))}
    </WideTable>
  );
}

interface Reading {
  readonly entries: readonly AuditEntry[];
  readonly next: string | null;
  readonly busy: boolean;
  readonly more: () => void;
}

/** The entries that are asked for, page by page; a changed question starts over. */
function useAudit(asked: AuditQuery): Reading {
  const [entries, setEntries] = useState<readonly AuditEntry[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [busy, setBusy] = useState(true);
  const reading = useRef<AbortController | null>(null);

  const read = useCallback(
    async (cursor: string | null): Promise<void> => {
      reading.current?.abort();
      const mine = new AbortController();
      reading.current = mine;
      setBusy(true);
      const page = await attempt(() => readAudit(me, asked, cursor, mine.signal), mine.signal);
      if (mine.signal.aborted) {
        return;
      }
      setBusy(false);
      if (page !== null) {
        setEntries((before) => (cursor === null ? page.items : [...before, ...page.items]));
        setNext(page.next);
      }
    },
    [asked],
  );
  useEffect(() => {
    void read(null);
    return () => reading.current?.abort();
  }, [read]);
  return { entries, next, busy, more: () => void read(next) };
}
