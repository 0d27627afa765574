/** Copies a text and says for a moment that it did. */

import { useEffect, useState } from "react";
import { Button } from "../parts/button.tsx";
import { useWords } from "../state/words.ts";
import { copyText } from "./copy.ts";

const SAID = 2_000;

export function CopyButton({ text, look = "quiet" }: { readonly text: string; readonly look?: "quiet" | "main" }) {
  const t = useWords();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) {
      return undefined;
    }
    const timer = setTimeout(() => setDone(false), SAID);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <Button
      look={look}
      icon={done ? "check" : "link"}
      className="copy-button"
      onClick={() => void copyText(text).then(setDone)}
      aria-live="polite"
    >
      {t(done ? "common.copied" : "common.copy")}
    </Button>
  );
}
