import { toBase32 } from './base32.ts';

/** Length of the random part of an id: 128 bits. */
const ID_RANDOM_BYTES = 16;
/** 2024-01-01T00:00:00Z. Counting from here lets 30 bits of seconds last until 2058. */
const ID_TIME_ORIGIN_S = 1_704_067_200;
const ID_TIME_BITS = 30;

/** `length` bytes from the platform's cryptographic generator. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

const POOL_BYTES = 4096;
let pool = new Uint8Array(0);
let drawn = 0;

/**
 * As {@link randomBytes}, for what is drawn thousands of times a second and is no secret: many are fetched at once, which
 * costs the same as fetching one. No byte is given out twice.
 */
export function drawNonce(length: number): Uint8Array<ArrayBuffer> {
  if (drawn + length > pool.length) {
    pool = randomBytes(POOL_BYTES);
    drawn = 0;
  }
  const nonce = pool.slice(drawn, drawn + length);
  drawn += length;
  return nonce;
}

/**
 * A new id that fits `idSchema` (and, without a prefix, `epochSchema`): 6 characters of time in seconds, so that ids
 * sort roughly by age, then 26 characters that hold 128 random bits. Nothing may rely on the time in it.
 */
export function createId(prefix?: string): string {
  const seconds = Math.max(0, Math.floor(Date.now() / 1000) - ID_TIME_ORIGIN_S) % 2 ** ID_TIME_BITS;
  // 30 bits of time, left-aligned in 4 bytes, so that the first 6 characters are exactly they.
  const time = new Uint8Array(4);
  new DataView(time.buffer).setUint32(0, seconds * 4);
  const id = toBase32(time).slice(0, ID_TIME_BITS / 5) + toBase32(randomBytes(ID_RANDOM_BYTES));
  return prefix === undefined ? id : `${prefix}-${id}`;
}
