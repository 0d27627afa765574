/** The versions of a board: one to look at, to compare with, to name; and a form for a new one. */

import { type FormEvent, useState } from "react";
import type { Caller } from "../api/caller.ts";
import { deleteVersion, renameVersion, saveVersion, type Version } from "../api/history.ts";
import { attempt } from "../pages/board-actions.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import type { Pictures } from "../pictures/pictures.ts";
import { toast } from "../state/toasts.ts";
import { useMoments, useWords } from "../state/words.ts";
import type { NameOf } from "./names.ts";
import { VersionPicture } from "./version-picture.tsx";
import type { Versions } from "./versions.ts";

export const NAME_MOST = 100;

interface VersionListProps {
  readonly caller: Caller;
  readonly boardId: string;
  readonly versions: Versions;
  readonly pictures: Pictures;
  readonly mayKeep: boolean;
  readonly position: string | null;
  readonly compared: Version | null;
  readonly nameOf: NameOf;
  readonly onShow: (version: Version) => void;
  readonly onCompare: (version: Version | null) => void;
}

export function VersionList(props: VersionListProps) {
  const { caller, boardId, versions, mayKeep } = props;
  const t = useWords();
  return (
    <section className="history-part" aria-labelledby="history-versions">
      <h2 id="history-versions">{t("history.versions")}</h2>
      {mayKeep ? <SaveForm caller={caller} boardId={boardId} onSaved={versions.reload} /> : null}
      {versions.items?.length === 0 ? <p className="history-note">{t("history.versions.none")}</p> : null}
      <ul className="versions" aria-busy={versions.items === null}>
        {versions.items?.map((version) => (
          <Item key={version.version_id} {...props} version={version} />
        ))}
      </ul>
      {versions.more === null ? null : <Button onClick={versions.more}>{t("history.versions.more")}</Button>}
    </section>
  );
}

interface SaveFormProps {
  readonly caller: Caller;
  readonly boardId: string;
  readonly onSaved: () => void;
}

function SaveForm({ caller, boardId, onSaved }: SaveFormProps) {
  const t = useWords();
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const saved = await attempt(() => saveVersion(caller, boardId, name.trim() || null));
    setBusy(false);
    if (saved !== null) {
      setName("");
      toast(t("history.saved"));
      onSaved();
    }
  };
  return (
    <form className="version-form" onSubmit={submit}>
      <input
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={NAME_MOST}
        placeholder={t("history.save.name")}
        aria-label={t("history.save.name")}
      />
      <Button type="submit" look="main" busy={busy}>
        {t("history.save")}
      </Button>
    </form>
  );
}

interface ItemProps extends VersionListProps {
  readonly version: Version;
}

function Item(props: ItemProps) {
  const { caller, boardId, version, versions, pictures, mayKeep, position, compared, nameOf, onShow, onCompare } =
    props;
  const t = useWords();
  const moments = useMoments();
  const [renaming, setRenaming] = useState(false);
  const when = moments(version.created_at);
  const title = versionTitle(version, t);
  const isCompared = compared?.version_id === version.version_id;
  const remove = async (): Promise<void> => {
    if (await attempt(() => deleteVersion(caller, boardId, version.version_id).then(() => true))) {
      toast(t("history.deleted"));
      versions.reload();
    }
  };
  const rename = async (name: string): Promise<void> => {
    setRenaming(false);
    if (
      name !== "" &&
      (await attempt(() => renameVersion(caller, boardId, version.version_id, name).then(() => true)))
    ) {
      versions.reload();
    }
  };
  return (
    <li className="version" data-version={version.name ?? version.kind} data-compared={isCompared || undefined}>
      <button
        type="button"
        className="version-show"
        aria-label={t("history.show", { name: `${title}, ${when}` })}
        aria-pressed={version.position === position}
        onClick={() => onShow(version)}
      >
        <VersionPicture caller={caller} boardId={boardId} version={version} pictures={pictures} />
      </button>
      <div className="version-words">
        {renaming ? (
          <NameField value={version.name ?? ""} onDone={(name) => void rename(name)} />
        ) : (
          <strong className={version.name === null ? "is-quiet" : ""}>{title}</strong>
        )}
        <span>{version.kind === "automatic" ? when : `${version.author ?? nameOf(version.created_by)}, ${when}`}</span>
        <span>
          {t("history.elements", { n: version.elements })} · {t("history.changes", { n: version.changes })}
        </span>
      </div>
      <div className="version-tools">
        <IconButton
          icon="compare"
          label={t(isCompared ? "history.compare.stop" : "history.compare")}
          aria-pressed={isCompared}
          onClick={() => onCompare(isCompared ? null : version)}
        />
        {mayKeep ? (
          <Menu
            label={t("history.actions", { name: title })}
            trigger={<Icon name="more" />}
            groups={[
              [
                { text: t("history.rename"), run: () => setRenaming(true) },
                { text: t("history.delete"), icon: "trash", danger: true, run: () => void remove() },
              ],
            ]}
          />
        ) : null}
      </div>
    </li>
  );
}

function NameField({ value, onDone }: { readonly value: string; readonly onDone: (name: string) => void }) {
  const t = useWords();
  const [name, setName] = useState(value);
  return (
    <input
      className="version-name"
      value={name}
      maxLength={NAME_MOST}
      aria-label={t("history.save.name")}
      // biome-ignore lint/a11y/noAutofocus: somebody asked for just this field
      autoFocus
      onChange={(event) => setName(event.target.value)}
      onBlur={() => onDone(name.trim())}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          onDone(name.trim());
        } else if (event.key === "Escape") {
          onDone("");
        }
      }}
    />
  );
}

export function versionTitle(version: Version, t: ReturnType<typeof useWords>): string {
  return version.name ?? t(version.kind === "automatic" ? "history.automatic" : "history.unnamed");
}
