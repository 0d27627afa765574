/** Short messages, read out politely and gone by themselves. */

import { useApp } from "../state/app-store.ts";
import { useStore } from "../state/store.ts";
import { dialogs, dismiss } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";
import { IconButton } from "./button.tsx";

/** Those of the page, which a dialog covers. */
export function PageToasts() {
  const covered = useStore(dialogs, (state) => state.open > 0);
  return covered ? null : <Toasts />;
}

export function Toasts() {
  const t = useWords();
  const toasts = useApp((state) => state.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} className={`toast is-${toast.tone}`}>
          <span className="toast-text">{toast.text}</span>
          {toast.action === undefined ? null : (
            <button
              type="button"
              className="toast-action"
              onClick={() => {
                toast.action?.run();
                dismiss(toast.id);
              }}
            >
              {toast.action.label}
            </button>
          )}
          <IconButton icon="close" label={t("common.close")} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
