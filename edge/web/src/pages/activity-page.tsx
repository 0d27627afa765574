/** How active a workspace or one of its boards was: who, when, and how much. */

import { useCallback, useId, useMemo, useState } from "react";
import { LineChart, WeekHeat } from "../activity/charts.tsx";
import { placeInWeek, week, whole } from "../activity/series.ts";
import { type Activity, type ActivityWindow, type By, readActivity } from "../api/activity.ts";
import { listBoards } from "../api/boards.ts";
import { me } from "../api/here.ts";
import type { User } from "../api/models.ts";
import type { Workspace } from "../api/workspaces.ts";
import { Button } from "../parts/button.tsx";
import { Select } from "../parts/field.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { go, useAddress } from "../router.ts";
import { useApp } from "../state/app-store.ts";
import { useLoaded } from "../state/loaded.ts";
import { useMoments, useWords } from "../state/words.ts";
import { WorkspacePage } from "./workspace-page.tsx";

/** A Monday: names of weekdays come from dates. */
const MONDAY = Date.UTC(2026, 0, 5, 12);
const RANGES = [1, 7, 30, 90] as const;
const FIGURES = ["people", "ops", "sessions", "peak"] as const;
const OF_PERSON = ["minutes", "ops", "sessions"] as const;

export function ActivityPage({ user, workspaceId }: { readonly user: User; readonly workspaceId: string }) {
  const boardId = useAddress((at) => new URLSearchParams(at.search).get("board"));
  return (
    <WorkspacePage user={user} workspaceId={workspaceId} tab="activity">
      {(workspace) => <Report key={`${workspaceId} ${boardId}`} workspace={workspace} boardId={boardId} />}
    </WorkspacePage>
  );
}

function Report({ workspace, boardId }: { readonly workspace: Workspace; readonly boardId: string | null }) {
  const t = useWords();
  const workspaceId = workspace.workspace_id;
  const [days, setDays] = useState<number>(7);
  const by: By = days > 30 ? "day" : "hour";
  const { value: boards } = useLoaded(useCallback(() => ownBoards(workspaceId), [workspaceId]));
  const { value, fault, reload } = useLoaded(
    useCallback(() => readActivity(me, { workspaceId, boardId, by, days }), [workspaceId, boardId, by, days]),
  );
  return (
    <div className="sheet is-wide">
      <h1>{t("activity.title")}</h1>
      <form className="card audit-filters" onSubmit={(event) => event.preventDefault()}>
        <Select
          label={t("activity.of")}
          value={boardId ?? ""}
          options={[
            { value: "", text: t("activity.of.all") },
            ...(boards ?? []).map(({ board_id, title }) => ({ value: board_id, text: title })),
          ]}
          onValue={(board) => go(`/w/${workspaceId}/activity${board === "" ? "" : `?board=${board}`}`)}
        />
        <Select
          label={t("activity.range")}
          value={String(days)}
          options={RANGES.map((range) => ({ value: String(range), text: t("activity.range.days", { n: range }) }))}
          onValue={(range) => setDays(Number(range))}
        />
      </form>
      {fault === null ? null : (
        <section className="card" role="alert">
          <p>{t(boardId === null && workspace.role !== "admin" ? "activity.closed" : "share.loadFailed")}</p>
          <Button onClick={reload}>{t("common.retry")}</Button>
        </section>
      )}
      {value === null ? null : <Numbers activity={value} />}
    </div>
  );
}

function Numbers({ activity }: { readonly activity: Activity }) {
  const t = useWords();
  const moments = useMoments();
  const windows = useMemo(() => whole(activity), [activity]);
  if (activity.items.length === 0) {
    return (
      <section className="card">
        <p>{t("activity.empty")}</p>
      </section>
    );
  }
  return (
    <>
      <section className="card figures" aria-label={t("activity.total")}>
        {FIGURES.map((name) => (
          <div className="figure" key={name}>
            <strong>{activity.total[name]}</strong>
            <span>{t(`activity.${name}`)}</span>
          </div>
        ))}
      </section>
      <section className="card">
        <h2>{t("activity.people.title")}</h2>
        <LineChart windows={windows} of="people" moments={moments} />
        <h2>{t("activity.ops.title")}</h2>
        <LineChart windows={windows} of="ops" moments={moments} />
        <WindowsTable windows={activity.items} moments={moments} />
      </section>
      {activity.by === "hour" ? <Week items={activity.items} /> : null}
      <People activity={activity} />
    </>
  );
}

interface TableProps {
  readonly windows: readonly ActivityWindow[];
  readonly moments: (time: string) => string;
}

/** The numbers behind the lines, for those who want or need them as text. */
function WindowsTable({ windows, moments }: TableProps) {
  const t = useWords();
  return (
    <details className="chart-numbers">
      <summary>{t("activity.numbers")}</summary>
      <WideTable
        caption={t("activity.numbers")}
        columns={[t("activity.when"), ...FIGURES.map((name) => t(`activity.${name}`))]}
      >
        {windows.map((one) => (
          <tr key={one.start}>
            <th scope="row">{moments(one.start)}</th>
            {FIGURES.map((name) => (
              <td key={name}>{one[name]}</td>
            ))}
          </tr>
        ))}
      </WideTable>
    </details>
  );
}

function Week({ items }: { readonly items: readonly ActivityWindow[] }) {
  const t = useWords();
  const locale = useApp((state) => state.locale);
  const title = useId();
  const heat = useMemo(() => week(items, placeInWeek), [items]);
  const days = useMemo(() => {
    const format = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
    return heat.map((_, day) => format.format(new Date(MONDAY + day * 86_400_000)));
  }, [heat, locale]);
  return (
    <section className="card" aria-labelledby={title}>
      <h2 id={title}>{t("activity.heat")}</h2>
      <WeekHeat heat={heat} days={days} />
      <details className="chart-numbers">
        <summary>{t("activity.numbers")}</summary>
        <WideTable caption={t("activity.heat")} columns={[t("activity.hour"), ...days]}>
          {Array.from({ length: 24 }, (_, hour) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
            <tr key={hour}>
              <th scope="row">{`${hour}:00`}</th>
              {heat.map((row, day) => (
                <td key={days[day]}>{row[hour]}</td>
              ))}
            </tr>
          ))}
        </WideTable>
      </details>
    </section>
  );
}

function People({ activity }: { readonly activity: Activity }) {
  const t = useWords();
  return (
    <section className="card">
      <h2>{t("activity.who")}</h2>
      <WideTable
        caption={t("activity.who")}
        columns={[t("audit.who"), ...OF_PERSON.map((name) => t(`activity.${name}`))]}
      >
        {activity.people.map((person) => (
          <tr key={person.user_id}>
            <th scope="row">{person.name ?? t("activity.unknown")}</th>
            {OF_PERSON.map((name) => (
              <td key={name}>{person[name]}</td>
            ))}
          </tr>
        ))}
      </WideTable>
    </section>
  );
}

/** The boards of the workspace whose reports one may see. */
async function ownBoards(workspaceId: string) {
  const signal = new AbortController().signal;
  const page = await listBoards(me, { view: "active", text: "", workspaceId, cursor: null, signal });
  return page.items.filter((board) => board.role === "owner");
}
