/** Runs `body` while nobody else of this device runs one under the same name. */
export type Exclusive = <T>(name: string, body: () => Promise<T>) => Promise<T>;

interface LockManagerLike {
  request<T>(name: string, body: () => Promise<T>): Promise<T>;
}

/** Web Locks where the platform has them, so that it holds over all tabs; else within this page or process only. */
export function createExclusive(locks: LockManagerLike | undefined = platformLocks()): Exclusive {
  if (locks) return (name, body) => locks.request(name, body);
  const tails = new Map<string, Promise<unknown>>();
  return (name, body) => {
    const run = (tails.get(name) ?? Promise.resolve()).then(body, body);
    tails.set(name, run);
    return run;
  };
}

function platformLocks(): LockManagerLike | undefined {
  const { navigator } = globalThis as { navigator?: { locks?: LockManagerLike } };
  return navigator?.locks;
}
