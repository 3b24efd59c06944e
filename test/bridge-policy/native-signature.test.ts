import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signNatively } from '../../src/bridge/identity/native-signature.ts';
import { signBytes } from '../../src/sealing/signatures.ts';

test('the platform signs as sealing does, byte for byte', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const message = fc.uint8Array({ maxLength: 500 });
  fc.assert(
    fc.property(message, key, (bytes, secretKey) => {
      expect(Buffer.from(signNatively(bytes, secretKey))).toEqual(Buffer.from(signBytes(bytes, secretKey)));
    }),
    { numRuns: 20 },
  );
});
