/** The links of a board, each to be revoked. */

import { useRef } from "react";
import { revokeLink } from "../api/boards.ts";
import type { Caller } from "../api/caller.ts";
import type { Link } from "../api/models.ts";
import { attempt } from "../pages/board-actions.ts";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import { addressOf } from "./addresses.ts";
import { CopyButton } from "./copy-button.tsx";

interface LinkListProps {
  readonly boardId: string;
  readonly caller: Caller;
  /** `null` while they are fetched. */
  readonly links: readonly Link[] | null;
  readonly onChange: () => void;
}

export function LinkList({ boardId, caller, links, onChange }: LinkListProps) {
  const t = useWords();
  const moments = useMoments();
  const heading = useRef<HTMLHeadingElement>(null);
  const revoke = async (link: Link): Promise<void> => {
    const done = await attempt(() => revokeLink(caller, boardId, link.link_id).then(() => true));
    if (done) {
      toast(t("share.link.revoked"));
    }
    onChange();
    // The button that was pressed goes with its row.
    heading.current?.focus();
  };
  return (
    <section className="share-part">
      <h3 ref={heading} tabIndex={-1}>
        {t("share.links")}
      </h3>
      {links?.length === 0 ? <p className="share-text">{t("share.links.none")}</p> : null}
      <ul className="rows" aria-busy={links === null}>
        {(links ?? []).map((link) => {
          const created = moments(link.created_at);
          const role = t(`role.${link.role}`);
          const ended = link.expires_at !== null && Date.parse(link.expires_at) < Date.now();
          const facts = [
            t("share.link.created", { date: created }),
            ...(link.expires_at === null
              ? []
              : [ended ? t("share.link.ended") : t("share.link.until", { date: moments(link.expires_at) })]),
          ];
          if (link.uses !== undefined) {
            facts.push(t("share.link.uses", { n: link.uses }));
          }
          const address = addressOf(link.link_id);
          return (
            <li key={link.link_id} className={`row ${ended ? "is-ended" : ""}`}>
              <span className="row-sign">
                <Icon name={link.has_password ? "lock" : "link"} />
              </span>
              <span className="row-main">
                <strong>
                  {role}
                  {link.has_password ? `, ${t("share.link.password")}` : ""}
                </strong>
                <span className="row-note">{facts.join(" · ")}</span>
              </span>
              {address === null || ended ? null : <CopyButton text={address} />}
              <Button
                onClick={() => void revoke(link)}
                aria-label={t("share.link.revoke.label", { role, date: created })}
              >
                {t("share.link.revoke")}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
