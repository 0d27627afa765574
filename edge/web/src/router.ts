/** Where one is: the address as a store, and links that do not reload the page. */

import { type AnchorHTMLAttributes, createElement } from "react";
import { createStore, useStore } from "./state/store.ts";

const address = createStore({ path: location.pathname, search: location.search, hash: location.hash });

function read(): void {
  address.set({ path: location.pathname, search: location.search, hash: location.hash });
}

window.addEventListener("popstate", read);
window.addEventListener("hashchange", read);

export function go(to: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) {
    history.replaceState(null, "", to);
  } else {
    history.pushState(null, "", to);
    window.scrollTo(0, 0);
  }
  read();
}

export function useAddress<T>(select: (at: { path: string; search: string; hash: string }) => T): T {
  return useStore(address, select);
}

/** An ordinary link: a new tab by the middle button, a copy by the menu; a plain click stays on the page. */
export function Anchor({ href = "", onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  return createElement("a", {
    ...rest,
    href,
    onClick: (event: React.MouseEvent<HTMLAnchorElement>) => {
      onClick?.(event);
      if (
        !event.defaultPrevented &&
        event.button === 0 &&
        !event.metaKey &&
        !event.ctrlKey &&
        !event.shiftKey &&
        !event.altKey
      ) {
        event.preventDefault();
        go(href);
      }
    },
  });
}
