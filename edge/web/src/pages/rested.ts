/** What somebody types, once it rests: not every letter is a request. */

import { useEffect, useState } from "react";

const PAUSE = 250;

export function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), text === "" ? 0 : PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
