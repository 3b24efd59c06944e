/** Ends a switch over a union: the compiler proves that it cannot be reached, and a bad cast fails loudly. */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`Unexpected ${what}: ${JSON.stringify(value)}`);
}
