/** Who may come to this board: links to pass on, and the people who have access. */

import { useCallback, useEffect, useState } from "react";
import { teller } from "../activity/visit.ts";
import { listGrants, listLinks } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import type { Grant, Invitation, Link } from "../api/models.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useWords } from "../state/words.ts";
import { LinkList } from "./link-list.tsx";
import { NewGrantForm } from "./new-grant-form.tsx";
import { NewLinkForm } from "./new-link-form.tsx";
import { PeopleList } from "./people-list.tsx";

interface ShareDialogProps {
  readonly boardId: string;
  readonly title: string;
  readonly caller: Caller;
  readonly myUserId: string | null;
  readonly onClose: () => void;
}

type Loaded =
  | { readonly links: readonly Link[]; readonly grants: readonly (Grant | Invitation)[] }
  | "loading"
  | "failed";

export function ShareDialog({ boardId, title, caller, myUserId, onClose }: ShareDialogProps) {
  const t = useWords();
  const [loaded, setLoaded] = useState<Loaded>("loading");
  const load = useCallback(() => {
    Promise.all([listLinks(caller, boardId), listGrants(caller, boardId)]).then(
      ([links, grants]) => setLoaded({ links, grants }),
      () => setLoaded((before) => (typeof before === "string" ? "failed" : before)),
    );
  }, [caller, boardId]);
  useEffect(load, [load]);
  useEffect(() => {
    teller.tell({ type: "activity.feature_used", data: { feature: "share_opened", board_id: boardId } });
  }, [boardId]);
  return (
    <Dialog title={t("share.title", { title })} onClose={onClose} wide>
      <div className="dialog-body share">
        <NewGrantForm boardId={boardId} caller={caller} onMade={load} />
        {loaded === "failed" ? (
          <div className="empty is-small" role="alert">
            <p>{t("share.loadFailed")}</p>
            <Button onClick={load}>{t("common.retry")}</Button>
          </div>
        ) : (
          <PeopleList
            boardId={boardId}
            caller={caller}
            grants={loaded === "loading" ? null : loaded.grants}
            myUserId={myUserId}
            onChange={load}
          />
        )}
        <NewLinkForm boardId={boardId} caller={caller} onMade={load} />
        {loaded === "failed" ? null : (
          <LinkList
            boardId={boardId}
            caller={caller}
            links={loaded === "loading" ? null : loaded.links}
            onChange={load}
          />
        )}
      </div>
    </Dialog>
  );
}
