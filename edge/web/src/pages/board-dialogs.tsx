/** The small dialogs about one board: a new title, and a question before the trash. */

import { type FormEvent, useState } from "react";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { useWords } from "../state/words.ts";

export const TITLE_MOST = 200;

interface RenameProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onRename: (title: string) => Promise<boolean>;
}

export function RenameDialog({ title, onClose, onRename }: RenameProps) {
  const t = useWords();
  const [value, setValue] = useState(title);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = value.trim();
    if (wanted === "" || wanted === title) {
      onClose();
      return;
    }
    setBusy(true);
    if (await onRename(wanted)) {
      onClose();
    } else {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("boards.rename.title")} onClose={onClose}>
      <form onSubmit={submit} className="dialog-body">
        <Field label={t("boards.rename.field")} value={value} onValue={setValue} maxLength={TITLE_MOST} autoFocus />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="main" busy={busy}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface TrashProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onTrash: () => void;
}

export function TrashDialog({ title, onClose, onTrash }: TrashProps) {
  const t = useWords();
  return (
    <Dialog title={t("boards.trash.title", { title })} onClose={onClose}>
      <div className="dialog-body">
        <p>{t("boards.trash.text")}</p>
        <div className="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            look="danger"
            onClick={() => {
              onClose();
              onTrash();
            }}
          >
            {t("boards.trash")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
