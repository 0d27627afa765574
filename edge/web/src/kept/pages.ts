/** Which pages still live: each holds a lock of its name, and a browser takes the locks of the dead away. */

export interface Pages {
  /** Whether the dead can be told from the living. */
  readonly canTell: boolean;
  /** Takes the page's name, for as long as this page lives; whether it was free, or is ours already. */
  hold(page: string): Promise<boolean>;
  /** Lets go of every name. */
  release(): void;
}

export function lockedPages(locks: LockManager, scope: string): Pages {
  const held = new Map<string, () => void>();
  const request = (page: string): Promise<boolean> =>
    new Promise((resolve) => {
      const granted = (lock: Lock | null): Promise<void> | undefined => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise((release) => held.set(page, release));
      };
      locks.request(`doska.unsaved.${scope}.${page}`, { ifAvailable: true }, granted).catch(() => resolve(false));
    });
  return {
    canTell: true,
    hold: async (page) => held.has(page) || request(page),
    release: () => {
      for (const release of held.values()) {
        release();
      }
      held.clear();
    },
  };
}

/**
 * Where there are no locks (a page that came by plain http): whoever comes takes over what he finds. Should another page
 * still live, its edits are sent twice, which the merge makes harmless.
 */
export const nobodyKnows: Pages = { canTell: false, hold: async () => true, release: () => undefined };
