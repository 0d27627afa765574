/** Tells which pages are looked at. */

import { useEffect } from "react";
import { useAddress } from "../router.ts";
import { useApp } from "../state/app-store.ts";
import { pageKind } from "./pages.ts";
import { teller } from "./visit.ts";

export function usePagesTold(): void {
  const path = useAddress((at) => at.path);
  const isSignedIn = useApp((state) => state.session.status === "signed_in");
  useEffect(() => {
    const kind = isSignedIn ? pageKind(path) : null;
    if (kind !== null) {
      teller.tell({ type: "activity.page_viewed", data: kind });
    }
  }, [path, isSignedIn]);
}
