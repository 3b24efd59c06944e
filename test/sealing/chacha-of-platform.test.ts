import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { platformXChaCha } from '../../src/sealing/chacha-of-platform.ts';

const platform = platformXChaCha();
/** The same bytes as callers may hold them: an array of their own, Node's kind, or a part of something larger. */
const forms = {
  own: (made: Uint8Array) => made,
  buffer: (made: Uint8Array) => Buffer.from(made),
  view: (made: Uint8Array) => Uint8Array.of(7, ...made, 9).subarray(1, -1),
};
const bytes = (length: number) =>
  fc
    .tuple(fc.uint8Array({ minLength: length, maxLength: length }), fc.constantFrom(...Object.values(forms)))
    .map(([made, as]) => as(made));
const message = fc.record({
  key: bytes(32),
  nonce: bytes(24),
  associatedData: fc.uint8Array({ maxLength: 200 }),
  plaintext: fc.uint8Array({ maxLength: 5_000 }),
});

describe('the platform’s XChaCha20-Poly1305', () => {
  test('is used by Node', () => expect(platform).toBeDefined());

  test('makes the bytes that the portable library makes, and opens them', () => {
    fc.assert(
      fc.property(message, ({ key, nonce, associatedData, plaintext }) => {
        const sealed = new Uint8Array(plaintext.length + 16);
        platform?.encrypt(key, nonce, associatedData, plaintext, sealed);
        expect(sealed).toEqual(xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext));
        expect(Uint8Array.from(platform?.decrypt(key, nonce, associatedData, sealed) ?? [])).toEqual(plaintext);
      }),
    );
  });

  test('opens nothing after any change', () => {
    const changed = fc.tuple(message, fc.nat(), fc.constantFrom('key', 'nonce', 'associatedData', 'sealed'));
    fc.assert(
      fc.property(changed, ([{ key, nonce, associatedData, plaintext }, place, what]) => {
        const sealed = xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext);
        const parts = { key, nonce, associatedData, sealed };
        const part = parts[what];
        fc.pre(part.length > 0);
        part[place % part.length] = (part[place % part.length] ?? 0) ^ 1;
        expect(() => platform?.decrypt(parts.key, parts.nonce, parts.associatedData, parts.sealed)).toThrow();
      }),
    );
  });
});
