/** A modal dialog: the browser's own keeps the focus inside, closes on Escape and tells screen readers. */

import { type ReactNode, useEffect, useId, useRef } from "react";
import { dialogs } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";
import { IconButton } from "./button.tsx";
import { Toasts } from "./toasts.tsx";

const FIRST = [".dialog-body input", ".dialog-body select", ".dialog-body button"].join();

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const t = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  // As it is before a field of the dialog takes the focus.
  const opener = useRef(document.activeElement);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = opener.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // The browser would take the first control, which is the one that closes.
      dialog.querySelector<HTMLElement>(FIRST)?.focus();
    }
    dialogs.set({ open: dialogs.get().open + 1 });
    return () => {
      dialogs.set({ open: dialogs.get().open - 1 });
      dialog?.close();
      // The browser gives the focus back only from a dialog that is still in the page.
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={`dialog ${wide ? "is-wide" : ""}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) {
          onClose();
        }
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="dialog-sheet">
        <div className="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <IconButton icon="close" label={t("common.close")} onClick={onClose} />
        </div>
        {children}
      </div>
      <Toasts />
    </dialog>
  );
}
