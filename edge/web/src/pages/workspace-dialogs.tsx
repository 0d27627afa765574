/** The small dialogs about a workspace: its name, and a question before somebody goes. */

import { type FormEvent, useState } from "react";
import { ApiProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { useWords } from "../state/words.ts";
import { NAME_MOST } from "./workspace-name.ts";

interface NameProps {
  readonly title: string;
  readonly name: string;
  readonly submitText: string;
  readonly onClose: () => void;
  /** Fails with what the server said. */
  readonly onName: (name: string) => Promise<void>;
}

export function WorkspaceNameDialog({ title, name, submitText, onClose, onName }: NameProps) {
  const t = useWords();
  const [value, setValue] = useState(name);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = value.trim();
    if (wanted === "") {
      setFault(t("field.required"));
      return;
    }
    if (wanted === name) {
      onClose();
      return;
    }
    setBusy(true);
    try {
      await onName(wanted);
      onClose();
    } catch (error) {
      setFault(error instanceof ApiProblem && error.at("/name") ? t("field.invalid") : faultWords(t, error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} className="dialog-body" noValidate>
        <Field
          label={t("workspace.name")}
          hint={t("workspace.name.hint")}
          fault={fault}
          value={value}
          onValue={setValue}
          maxLength={NAME_MOST}
          required
          autoFocus
        />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="main" busy={busy}>
            {submitText}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FarewellProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onClose: () => void;
  readonly onAction: () => Promise<void>;
}

/** Asks before somebody loses a workspace. */
export function FarewellDialog({ title, text, action, onClose, onAction }: FarewellProps) {
  const t = useWords();
  const [busy, setBusy] = useState(false);
  const go = async (): Promise<void> => {
    setBusy(true);
    await onAction();
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-body">
        <p>{text}</p>
        <div className="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="danger" busy={busy} onClick={() => void go()}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
