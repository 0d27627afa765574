/** The line of a board's life: its peaks, a slider over it, and how it is played. */

import { type KeyboardEvent, useMemo } from "react";
import { IconButton } from "../parts/button.tsx";
import { useStore } from "../state/store.ts";
import { useInstants, useWords } from "../state/words.ts";
import { type BoardPast, SPEEDS, type Speed } from "./board-past.ts";
import type { Timeline } from "./timeline.ts";

interface TimelineBarProps {
  readonly past: BoardPast;
  readonly speed: Speed;
  readonly onSpeed: (speed: Speed) => void;
}

const PEAKS = 160;
const KEYS: Readonly<Record<string, "previous" | "next">> = {
  ArrowLeft: "previous",
  ArrowDown: "previous",
  ArrowRight: "next",
  ArrowUp: "next",
};

export function TimelineBar({ past, speed, onSpeed }: TimelineBarProps) {
  const t = useWords();
  const moments = useInstants();
  const timeline = useStore(past.view, (view) => view.timeline);
  const timeMs = useStore(past.view, (view) => view.timeMs);
  const playing = useStore(past.view, (view) => view.playing);
  if (timeline === null) {
    return <section className="timeline" aria-busy="true" />;
  }
  const index = timeline.indexAt(timeMs);
  const when = moments(new Date(timeMs).toISOString());
  const step = (direction: "previous" | "next"): void => {
    void past.goTo(timeline.neighbour(index, direction === "next" ? 1 : -1));
  };
  // From one change to the next: most of a life is rest.
  const onKey = (event: KeyboardEvent): void => {
    const direction = KEYS[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      step(direction);
    }
  };
  return (
    <section className="timeline" aria-label={t("history.slider")}>
      <div className="timeline-controls">
        <IconButton icon="previous" label={t("history.previous")} onClick={() => step("previous")} />
        <IconButton
          icon={playing === null ? "play" : "pause"}
          label={t(playing === null ? "history.play" : "history.pause")}
          className="timeline-play"
          onClick={() => (playing === null ? void past.play(speed) : past.pause())}
        />
        <IconButton icon="next" label={t("history.next")} onClick={() => step("next")} />
        <fieldset className="speeds">
          <legend className="sr-only">{t("history.speed")}</legend>
          {SPEEDS.map((each) => (
            <label key={each} className={each === speed ? "is-on" : ""}>
              <input
                type="radio"
                name="speed"
                className="sr-only"
                checked={each === speed}
                onChange={() => onSpeed(each)}
              />
              {each}×
            </label>
          ))}
        </fieldset>
        <output className="timeline-when">{when}</output>
      </div>
      <div className="timeline-line">
        <Peaks timeline={timeline} share={index / Math.max(1, timeline.buckets.length - 1)} />
        <input
          type="range"
          min={0}
          max={timeline.buckets.length - 1}
          value={index}
          aria-label={t("history.slider")}
          aria-valuetext={when}
          onChange={(event) => void past.goTo(Number(event.target.value))}
          onKeyDown={onKey}
        />
      </div>
    </section>
  );
}

function Peaks({ timeline, share }: { readonly timeline: Timeline; readonly share: number }) {
  const peaks = useMemo(() => timeline.peaks(PEAKS), [timeline]);
  return (
    <svg className="peaks" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      {peaks.map((peak) => (
        <rect
          key={peak.start}
          x={peak.start * 1000}
          width={Math.max(2, peak.width * 1000 - 1)}
          y={100 - peak.height * 100}
          height={peak.height * 100}
          className={peak.start <= share ? "is-past" : ""}
        />
      ))}
    </svg>
  );
}
