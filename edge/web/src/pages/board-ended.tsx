/** Why there is no board to show, and what one can do. */

import { useEffect } from "react";
import { forgetGuest, guestOf } from "../api/guests.ts";
import { account } from "../api/here.ts";
import type { User } from "../api/models.ts";
import { Button } from "../parts/button.tsx";
import { Notice } from "../parts/notice.tsx";
import type { BoardEnd } from "../protocol/board-state.ts";
import { go } from "../router.ts";
import { useWords } from "../state/words.ts";

interface BoardEndedProps {
  readonly reason: BoardEnd;
  readonly user: User | null;
  readonly boardId: string;
  /** Whoever saw the board is told what happened; whoever only wanted to is asked to sign in. */
  readonly wasOpen?: boolean;
}

export function BoardEnded({ reason, user, boardId, wasOpen = false }: BoardEndedProps) {
  const t = useWords();
  const signIn = `/signin?next=${encodeURIComponent(`/b/${boardId}`)}`;
  const signInFirst = reason === "signed_out" && !wasOpen;
  useEffect(() => {
    if (signInFirst) {
      go(signIn, { replace: true });
    }
  }, [signInFirst, signIn]);

  const home = <Button onClick={() => go("/")}>{t(user === null ? "auth.signIn" : "common.back")}</Button>;
  switch (reason) {
    case "signed_out":
      return wasOpen ? (
        <Notice title={t("gone.signedOut.title")} text={t("gone.signedOut.text")} drawing="door">
          <Button
            look="main"
            onClick={() => {
              // First away from the board: without an account it would be opened anew, for a guest.
              go(signIn);
              account.forget();
            }}
          >
            {t("auth.signIn")}
          </Button>
        </Notice>
      ) : null;
    case "stopped":
      return null;
    case "not_found":
      return (
        <Notice title={t("gone.notFound.title")} text={t("gone.notFound.text")} drawing="lost">
          {home}
        </Notice>
      );
    case "revoked":
      return (
        <Notice title={t("gone.revoked.title")} text={t("gone.revoked.text")} drawing="door">
          {home}
        </Notice>
      );
    case "deleted":
      return (
        <Notice title={t("gone.deleted.title")} text={t("gone.deleted.text")} drawing="door">
          {home}
        </Notice>
      );
    case "gone":
      return (
        <Notice title={t("gone.link.title")} text={t("gone.link.text")} drawing="door">
          <Button
            onClick={() => {
              forgetGuest(boardId);
              go("/");
            }}
          >
            {t(user === null ? "auth.signIn" : "common.back")}
          </Button>
        </Notice>
      );
    case "password": {
      const guest = guestOf(boardId);
      return (
        <Notice title={t("gone.password.title")} text={t("gone.password.text")} drawing="door">
          <Button look="main" onClick={() => go(guest === null ? "/" : `/l#${guest.link}`)}>
            {t("link.join")}
          </Button>
        </Notice>
      );
    }
    case "client_fault":
      return (
        <Notice title={t("gone.fault.title")} text={t("gone.fault.text")} drawing="broken">
          <Button look="main" onClick={() => location.reload()}>
            {t("gone.reload")}
          </Button>
        </Notice>
      );
  }
}
