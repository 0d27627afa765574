/** A question before a board becomes what it was. */

import { useState } from "react";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useWords } from "../state/words.ts";

interface RestoreDialogProps {
  readonly when: string;
  readonly onClose: () => void;
  readonly onRestore: () => Promise<boolean>;
}

export function RestoreDialog({ when, onClose, onRestore }: RestoreDialogProps) {
  const t = useWords();
  const [busy, setBusy] = useState(false);
  const restore = async (): Promise<void> => {
    setBusy(true);
    if (!(await onRestore())) {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("history.restore.title")} onClose={onClose}>
      <div className="dialog-body">
        <p>{t("history.restore.text", { when })}</p>
        <div className="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="main" busy={busy} onClick={() => void restore()}>
            {t("history.restore")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
