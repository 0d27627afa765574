/** A quiet full-page word: what is, why, and what one can do. */

import type { ReactNode } from "react";
import { useEffect } from "react";

interface NoticeProps {
  readonly title: string;
  readonly text: string;
  readonly children?: ReactNode;
  readonly drawing?: "door" | "lost" | "empty" | "broken";
}

const DRAWINGS = {
  empty: "M18 58c14-6 22-30 36-30s10 26 24 26 18-22 32-26M30 78h60",
  lost: "M60 22a20 20 0 1 1 0 40 20 20 0 0 1 0-40ZM74 58l18 20M54 36c2-5 12-5 12 1 0 5-6 4-6 9M60 53h.100",
  door: "M40 80V22h40v58M30 80h60M70 52h.100M52 80V30l18 6",
  broken: "M22 60h22l8-22 14 36 8-20 6 6h18M24 82h72",
} as const;

export function Notice({ title, text, children, drawing = "lost" }: NoticeProps) {
  useEffect(() => {
    document.title = `${title} · Doska`;
  }, [title]);
  return (
    <main className="notice" id="content">
      <Drawing name={drawing} />
      <h1>{title}</h1>
      <p>{text}</p>
      <div className="notice-actions">{children}</div>
    </main>
  );
}

export function Drawing({ name }: { readonly name: keyof typeof DRAWINGS }) {
  return (
    <svg className="drawing" viewBox="0 0 120 100" width="150" height="125" aria-hidden="true" focusable="false">
      <rect x="6" y="8" width="108" height="84" rx="14" className="drawing-board" />
      <path d={DRAWINGS[name]} className="drawing-chalk" />
    </svg>
  );
}
