/** What is left of a type when it is known to be truthy, as far as it matters here. */
type Truthy<T> = Exclude<T, false | null | undefined>;

/** Resolves with the first truthy value of `probe`, asked again and again until the deadline. */
export async function waitFor<T>(probe: () => T | Promise<T>, what: string, timeoutMs = 15_000): Promise<Truthy<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value as Truthy<T>;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
