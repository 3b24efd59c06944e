/** What the client must remember between runs: the order of its last command and the newest roster. No secrets. */
export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  /** Resolves once it would survive a crash of the page. */
  set(key: string, value: string): Promise<void>;
}

/** Forgets with the process. A device that starts again gets larger orders all the same, by its clock. */
export function createMemoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value);
    },
  };
}
