/** Catches what breaks while rendering, so that a broken canvas is told and not a white page. */

import { Component, type ReactNode } from "react";
import { words } from "../state/words.ts";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";

export class Guard extends Component<{ readonly children: ReactNode }, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) {
      return this.props.children;
    }
    const t = words();
    return (
      <Notice title={t("gone.crash.title")} text={t("gone.crash.text")} drawing="broken">
        <Button look="main" onClick={() => location.reload()}>
          {t("gone.reload")}
        </Button>
      </Notice>
    );
  }
}
