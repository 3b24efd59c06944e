import { afterEach, describe, expect, it, vi } from 'vitest';
import { idSchema } from '../../src/protocol/names.ts';
import { epochSchema } from '../../src/protocol/wire/frames.ts';
import { toBase32 } from '../../src/sealing/base32.ts';
import { decodeBase64 } from '../../src/sealing/bytes.ts';
import {
  createAccountKey,
  createDeviceKey,
  deriveBridgeKey,
  fingerprintOf,
  publicKeyOf,
} from '../../src/sealing/keys.ts';
import { createId, drawNonce, randomBytes } from '../../src/sealing/random.ts';

afterEach(() => vi.useRealTimers());

describe('an id', () => {
  it('fits its schema, with a prefix too, and that of an epoch', () => {
    expect(idSchema.safeParse(createId()).success).toBe(true);
    expect(idSchema.safeParse(createId('task')).success).toBe(true);
    expect(epochSchema.safeParse(createId()).success).toBe(true);
  });

  it('is never made twice', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => createId())).size).toBe(10_000);
  });

  it('sorts by its second, also with a clock that is decades off', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const ids = ['1970-01-01', '2025-01-01', '2025-01-02', '2057-12-31', '2099-01-01'].map((day) => {
      vi.setSystemTime(new Date(day));
      return createId();
    });
    expect(ids.slice(0, 4)).toEqual(ids.slice(0, 4).toSorted());
    expect(ids.every((id) => idSchema.safeParse(id).success && id.length === 32)).toBe(true);
  });
});

describe('nonces', () => {
  it('are each drawn once, however many and long, and belong to who drew them', () => {
    const drawn = Array.from({ length: 20_000 }, (_, index) => drawNonce(index % 3 === 0 ? 12 : 24));
    const texts = drawn.map((nonce) => Buffer.from(nonce).toString('hex'));
    expect(texts.every((text, index) => text.length === (index % 3 === 0 ? 24 : 48))).toBe(true);
    expect(new Set(texts).size).toBe(20_000);
    const [first] = texts;
    drawn[1]?.fill(0);
    expect(Buffer.from(drawn[0] ?? []).toString('hex')).toBe(first);
  });
});

describe('keys', () => {
  it('are 32 bytes, and a device’s public key follows from its secret one', () => {
    const device = createDeviceKey();
    expect([createAccountKey().length, device.secretKey.length, device.publicKey.length]).toEqual([32, 32, 32]);
    expect(publicKeyOf(device.secretKey)).toEqual(device.publicKey);
  });

  it('differ for every account and bridge, also where names run together', () => {
    const accountKey = createAccountKey();
    const keys = [
      deriveBridgeKey(accountKey, 'a', 'bc'),
      deriveBridgeKey(accountKey, 'ab', 'c'),
      deriveBridgeKey(accountKey, 'a', 'b'),
      deriveBridgeKey(createAccountKey(), 'a', 'b'),
    ];
    expect(new Set(keys.map((key) => key.join())).size).toBe(4);
  });

  it('of another length are refused', () => {
    expect(() => deriveBridgeKey(new Uint8Array(31), 'a', 'b')).toThrow(/32 bytes/);
  });

  it('have a fingerprint that a person can compare', () => {
    const key = createAccountKey();
    expect(fingerprintOf(key)).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4}){4}$/);
    expect(fingerprintOf(Uint8Array.from(key))).toBe(fingerprintOf(key));
    expect(fingerprintOf(randomBytes(32))).not.toBe(fingerprintOf(key));
  });
});

describe('text of bytes', () => {
  it('is base32 in Crockford’s alphabet', () => {
    expect(toBase32(new Uint8Array())).toBe('');
    expect(toBase32(new TextEncoder().encode('foobar'))).toBe('csqpyrk1e8');
    expect(toBase32(Uint8Array.of(255))).toBe('zw');
  });

  it('has one spelling in base64', () => {
    expect(decodeBase64('AA==')).toEqual(new Uint8Array(1));
    for (const other of ['AB==', 'AAB=', 'AA=', 'AA', 'A===', 'AA==\n', '-_=='])
      expect(decodeBase64(other)).toBe(undefined);
  });
});
