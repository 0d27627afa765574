/** Short messages at the edge of the page that go by themselves. */

import { app, type Toast } from "./app-store.ts";
import { createStore } from "./store.ts";

/** How many dialogs are open: what stands outside of one is neither seen nor read out. */
export const dialogs = createStore({ open: 0 });

const SHOWN = 5_000;
const SHOWN_WITH_ACTION = 9_000;
const AT_ONCE = 3;

let count = 0;

/** The same text is not shown twice at once. */
export function toast(text: string, options: Partial<Pick<Toast, "tone" | "action">> = {}): void {
  count += 1;
  const id = count;
  const others = app.get().toasts.filter((other) => other.text !== text);
  app.set({ toasts: [...others, { id, text, tone: "plain" as const, ...options }].slice(-AT_ONCE) });
  setTimeout(() => dismiss(id), options.action ? SHOWN_WITH_ACTION : SHOWN);
}

export function dismiss(id: number): void {
  app.set({ toasts: app.get().toasts.filter((other) => other.id !== id) });
}
