/** Tells which pages are looked at, and how long the first of a visit took to come. */

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
      tellFirst();
    }
  }, [path, isSignedIn]);
}

let isTold = false;

function tellFirst(): void {
  if (!isTold) {
    isTold = true;
    const took_ms = Math.min(3_600_000, Math.round(performance.now()));
    teller.tell({ type: "activity.timing_measured", data: { timing: "page_shown", took_ms } });
  }
}
