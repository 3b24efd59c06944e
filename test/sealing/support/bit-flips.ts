import fc from 'fast-check';

/** A seed of its own for each run, printed by fast-check with every failure and by us with every run. */
export function seeded(numRuns: number): fc.Parameters<unknown> {
  const seed = Math.floor(Math.random() * 0x7fffffff);
  console.log(`seed ${seed}`);
  return { seed, numRuns };
}

/** One bit of a position that is drawn at random; applied modulo the size of what is flipped. */
export const anyPosition = fc.nat({ max: 0x7fffffff });

export function flipBytes(bytes: Uint8Array, position: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const bit = position % (bytes.length * 8);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** Flips one of the 16 bits of one code unit; lone surrogates may come of it, which must be noticed as well. */
export function flipText(text: string, position: number): string {
  const at = (position >> 4) % text.length;
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (position & 15))) + text.slice(at + 1);
}

export function flipNumber(value: number, position: number): number {
  return Number(BigInt(value) ^ (1n << BigInt(position % 52)));
}

/** Flips a bit of one field, whatever its type. An absent field appears. */
export function flipField<T extends object>(value: T, field: keyof T, position: number): T {
  const old = value[field];
  const flipped =
    typeof old === 'string'
      ? old === ''
        ? 'x'
        : flipText(old, position)
      : typeof old === 'number'
        ? flipNumber(old, position)
        : 'x';
  return { ...value, [field]: flipped };
}
