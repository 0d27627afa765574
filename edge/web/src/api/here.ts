/** The account of this page, wired to the store. */

import { adoptLocale, app } from "../state/app-store.ts";
import { toast } from "../state/toasts.ts";
import { words } from "../state/words.ts";
import { Account } from "./account.ts";
import { Caller } from "./caller.ts";
import { NetworkFault } from "./problem.ts";

export const account = new Account(
  (user) => {
    app.set({ session: user === null ? { status: "anonymous" } : { status: "signed_in", user } });
    if (user !== null) {
      adoptLocale(user.locale);
    }
  },
  () => toast(words()("auth.signedOut"), { tone: "error" }),
);

export const me = new Caller(account);

/** Finds out whether somebody is signed in. */
export async function restoreSession(): Promise<void> {
  if (location.pathname === "/signin" && new URLSearchParams(location.search).get("via") === "provider") {
    account.expectSession();
  }
  if (!account.mayBeSignedIn) {
    app.set({ session: { status: "anonymous" } });
    return;
  }
  app.set({ session: { status: "restoring" } });
  try {
    await account.current();
  } catch (error) {
    if (error instanceof NetworkFault || app.get().session.status === "restoring") {
      app.set({ session: { status: "unreachable" } });
    }
  }
}
