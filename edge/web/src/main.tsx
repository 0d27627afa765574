/** Starts the client. */

import "@fontsource-variable/onest/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/board.css";
import { createRoot } from "react-dom/client";
import { restoreSession } from "./api/here.ts";
import { App } from "./app.tsx";
import { reflectOnDocument } from "./state/app-store.ts";

reflectOnDocument();
void restoreSession();
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(<App />);
}
