/** The teller of this visit, tied to the page: when it is hidden, what waits is sent. */

import { me } from "../api/here.ts";
import { systemClock } from "../protocol/clock.ts";
import { app } from "../state/app-store.ts";
import { Teller } from "./teller.ts";
import { uuid7 } from "./uuid7.ts";

declare global {
  interface Navigator {
    /** https://w3c.github.io/gpc/ */
    readonly globalPrivacyControl?: boolean;
  }
}

export const teller = new Teller({
  clock: systemClock,
  visitId: uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  // A guest is followed by nobody, and who is not signed in could not be told apart.
  wantsPrivacy: () =>
    navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true || app.get().session.status !== "signed_in",
  send: (batch) => me.request({ method: "POST", path: "/api/activity", body: batch, keepalive: true }),
});

export function sendWhenHidden(): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      void teller.flush();
    }
  });
}
