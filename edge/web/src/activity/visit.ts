/** The teller of this visit, tied to the page: when it is hidden, what waits is sent. */

import { me } from "../api/here.ts";
import { systemClock } from "../protocol/clock.ts";
import { Teller } from "./teller.ts";

declare global {
  interface Navigator {
    /** https://w3c.github.io/gpc/ */
    readonly globalPrivacyControl?: boolean;
  }
}

export const teller = new Teller({
  clock: systemClock,
  visitId: uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  wantsPrivacy: () => navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true,
  send: (batch) => me.request({ method: "POST", path: "/api/activity", body: batch, keepalive: true }),
});

export function sendWhenHidden(): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      void teller.flush();
    }
  });
}

/** RFC 9562: a time in milliseconds, then random bits. */
export function uuid7(now: number, random: Uint8Array): string {
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const time = now.toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(hex[3] ?? "0", 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
}
