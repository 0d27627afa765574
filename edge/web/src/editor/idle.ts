/** Whether the person is at it: `idle` after a minute without a move, `away` while the page is not looked at. */

export type Idleness = "active" | "idle" | "away";

const IDLE_AFTER = 60_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel"] as const;

export function watchIdleness(tell: (state: Idleness) => void): () => void {
  let state: Idleness = "active";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const become = (next: Idleness): void => {
    if (next !== state) {
      state = next;
      tell(next);
    }
  };
  const active = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => become("idle"), IDLE_AFTER);
    if (document.visibilityState === "visible") {
      become("active");
    }
  };
  const looked = (): void => {
    if (document.visibilityState === "hidden") {
      become("away");
    } else {
      active();
    }
  };
  for (const sign of SIGNS) {
    window.addEventListener(sign, active, { passive: true });
  }
  document.addEventListener("visibilitychange", looked);
  active();
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS) {
      window.removeEventListener(sign, active);
    }
    document.removeEventListener("visibilitychange", looked);
  };
}
