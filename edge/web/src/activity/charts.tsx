/** Charts of plain SVG. Each stands beside a table with the same numbers, so it is hidden from those who hear a page. */

import type { ActivityWindow } from "../api/activity.ts";
import { useWords } from "../state/words.ts";
import { ceiling, line } from "./series.ts";

const WIDTH = 720;
const HEIGHT = 160;
const MARGIN = 34;
const CELL = 22;
const LABEL = 34;

interface LineProps {
  readonly windows: readonly ActivityWindow[];
  readonly of: "people" | "ops";
  readonly moments: (time: string) => string;
}

export function LineChart({ windows, of, moments }: LineProps) {
  const values = windows.map((one) => one[of]);
  const top = ceiling(values);
  const first = windows[0];
  const last = windows.at(-1);
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH + MARGIN + 8} ${HEIGHT + 34}`}
      aria-hidden="true"
      data-testid={`line-${of}`}
      preserveAspectRatio="none"
    >
      <g transform={`translate(${MARGIN} 8)`}>
        {[0, 0.5, 1].map((part) => (
          <g key={part} transform={`translate(0 ${HEIGHT * (1 - part)})`}>
            <line className="chart-grid" x2={WIDTH} />
            <text className="chart-mark" x={-6} y={4} textAnchor="end">
              {Number((top * part).toFixed(1))}
            </text>
          </g>
        ))}
        <path className="chart-area" d={`${line(values, WIDTH, HEIGHT, top)} L${WIDTH} ${HEIGHT} L0 ${HEIGHT} Z`} />
        <path className="chart-line" d={line(values, WIDTH, HEIGHT, top)} />
        <text className="chart-mark" y={HEIGHT + 18}>
          {first === undefined ? "" : moments(first.start)}
        </text>
        <text className="chart-mark" x={WIDTH} y={HEIGHT + 18} textAnchor="end">
          {last === undefined ? "" : moments(last.start)}
        </text>
      </g>
    </svg>
  );
}

/** A week as seven rows of hours: the darker, the more people. */
export function WeekHeat({ heat, days }: { readonly heat: readonly number[][]; readonly days: readonly string[] }) {
  const t = useWords();
  const top = Math.max(1, ...heat.flat());
  return (
    <svg className="chart" viewBox={`0 0 ${LABEL + 24 * CELL} ${7 * CELL + 20}`} aria-hidden="true" data-testid="heat">
      {heat.map((row, day) => (
        <g key={days[day]} transform={`translate(0 ${day * CELL})`}>
          <text className="chart-mark" y={CELL - 7}>
            {days[day]}
          </text>
          {row.map((value, hour) => (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
              key={hour}
              className="chart-cell"
              x={LABEL + hour * CELL + 1}
              y={1}
              width={CELL - 2}
              height={CELL - 2}
              rx={4}
              fillOpacity={value === 0 ? 0.06 : 0.2 + 0.8 * (value / top)}
            >
              <title>{t("activity.heat.cell", { day: days[day] ?? "", hour: String(hour), n: value })}</title>
            </rect>
          ))}
        </g>
      ))}
      {[0, 6, 12, 18].map((hour) => (
        <text key={hour} className="chart-mark" x={LABEL + hour * CELL} y={7 * CELL + 15}>
          {`${hour}:00`}
        </text>
      ))}
    </svg>
  );
}
