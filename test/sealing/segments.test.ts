import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../src/base/base64.ts';
import { codeOf } from '../../src/base/errors.ts';
import { createAccountKey, deriveBridgeKey } from '../../src/sealing/keys.ts';
import { createSegmentSealer, type SegmentBinding } from '../../src/sealing/segments.ts';
import { anyPosition, flipBytes, flipField, flipText, seeded } from './support/bit-flips.ts';

const owner = { accountId: 'account-1', bridgeId: 'bridge-1' };
const bridgeKey = deriveBridgeKey(createAccountKey(), owner.accountId, owner.bridgeId);
const sealer = createSegmentSealer(bridgeKey, owner);

const anyBinding: fc.Arbitrary<SegmentBinding> = fc.record({
  direction: fc.constantFrom('up', 'down'),
  stream: fc.string({ minLength: 1 }),
  epoch: fc.string({ minLength: 1 }),
  first: fc.integer({ min: 1, max: 2 ** 40 }),
  last: fc.integer({ min: 1, max: 2 ** 40 }),
  header: fc.string({ minLength: 1, unit: 'binary' }),
});
const anyPlaintext = fc.uint8Array({ maxLength: 500 });

describe('a segment', () => {
  it('opens to what was sealed', () => {
    fc.assert(
      fc.property(anyBinding, anyPlaintext, (binding, plaintext) => {
        expect(sealer.open(binding, sealer.seal(binding, plaintext))).toEqual(plaintext);
      }),
      seeded(200),
    );
  });

  it('never looks the same twice', () => {
    const binding = { direction: 'up', stream: 'bridge', epoch: 'e', first: 1, last: 1, header: '{}' } as const;
    const bodies = Array.from({ length: 100 }, () => sealer.seal(binding, new Uint8Array(8)));
    expect(new Set(bodies).size).toBe(100);
  });

  it('does not open after a flipped bit in any bound field', () => {
    const fields = ['stream', 'epoch', 'first', 'last', 'header'] as const;
    fc.assert(
      fc.property(
        anyBinding,
        anyPlaintext,
        anyPosition,
        fc.constantFrom(...fields),
        (binding, plaintext, at, field) => {
          const body = sealer.seal(binding, plaintext);
          expectClosed(() => sealer.open(flipField(binding, field, at), body));
        },
      ),
      seeded(500),
    );
  });

  it('does not open after a flipped bit of its bytes or of its text', () => {
    fc.assert(
      fc.property(anyBinding, anyPlaintext, anyPosition, (binding, plaintext, at) => {
        const body = sealer.seal(binding, plaintext);
        expectClosed(() => sealer.open(binding, toBase64(flipBytes(fromBase64(body), at))));
        expectClosed(() => sealer.open(binding, flipText(body, at)));
      }),
      seeded(500),
    );
  });

  it('does not open in the other direction, for another bridge, for another account or under another key', () => {
    const binding = { direction: 'up', stream: 'bridge', epoch: 'e', first: 1, last: 1, header: '{}' } as const;
    const body = sealer.seal(binding, new Uint8Array(8));
    expectClosed(() => sealer.open({ ...binding, direction: 'down' }, body));
    expectClosed(() => createSegmentSealer(bridgeKey, { ...owner, bridgeId: 'bridge-2' }).open(binding, body));
    expectClosed(() => createSegmentSealer(bridgeKey, { ...owner, accountId: 'account-2' }).open(binding, body));
    expectClosed(() => createSegmentSealer(createAccountKey(), owner).open(binding, body));
  });

  it('does not open when fields trade places', () => {
    const binding = { direction: 'up', stream: 'a","b', epoch: 'c', first: 1, last: 2, header: '{}' } as const;
    const body = sealer.seal(binding, new Uint8Array(8));
    expectClosed(() => sealer.open({ ...binding, stream: 'a', epoch: 'b","c' }, body));
    expectClosed(() => sealer.open({ ...binding, stream: 'c', epoch: 'a","b' }, body));
  });

  it.each(['', 'AAAA', '====', 'not base64!', 'A'.repeat(52)])('does not open from %j', (body) => {
    const binding = { direction: 'up', stream: 'bridge', epoch: 'e', first: 1, last: 1, header: '{}' } as const;
    expectClosed(() => sealer.open(binding, body));
  });
});

function expectClosed(open: () => unknown): void {
  try {
    open();
  } catch (error) {
    expect(codeOf(error)).toBe('seal_invalid');
    return;
  }
  expect.unreachable('it opened');
}
