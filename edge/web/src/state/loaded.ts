/** Something that a component reads from the API, and reads again after a change. */

import { useCallback, useEffect, useState } from "react";

export interface Loaded<T> {
  /** `null` until it came; what was there stays while it is read again. */
  readonly value: T | null;
  /** Why there is none. */
  readonly fault: unknown;
  reload(): void;
}

/** `read` is a function that stays the same while the same is asked for. */
export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ read: unknown; value: T | null; fault: unknown }>({
    read: null,
    value: null,
    fault: null,
  });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks for the same again
  useEffect(() => {
    let isLeft = false;
    read().then(
      (value) => isLeft || setState({ read, value, fault: null }),
      (fault: unknown) =>
        isLeft || setState((before) => ({ read, value: before.read === read ? before.value : null, fault })),
    );
    return () => {
      isLeft = true;
    };
  }, [read, turn]);
  const isOurs = state.read === read;
  return {
    value: isOurs ? state.value : null,
    fault: isOurs ? state.fault : null,
    reload: useCallback(() => setTurn((before) => before + 1), []),
  };
}
