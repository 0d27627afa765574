/** Starts the client. */

import "@fontsource-variable/onest/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/workspaces.css";
import "./styles/activity.css";
import "./styles/board.css";
import "./styles/comments.css";
import { createRoot } from "react-dom/client";
import { sendWhenHidden } from "./activity/visit.ts";
import { restoreSession } from "./api/here.ts";
import { App } from "./app.tsx";
import { reflectOnDocument } from "./state/app-store.ts";

// A new release takes away the files of the old one, which an open page may still ask for: once is a reload worth it.
const RELOADED = "doska.reloaded";
window.addEventListener("vite:preloadError", () => {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last > 60_000) {
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  }
});

reflectOnDocument();
sendWhenHidden();
void restoreSession();
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(<App />);
}
