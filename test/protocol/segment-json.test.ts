import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonOfSegment, type Segment } from '../../src/protocol/wire/frames.ts';

test('the text of a segment says what the segment says, whatever its header holds', () => {
  const segment = fc.record({
    stream: fc.string(),
    epoch: fc.string(),
    first: fc.nat(),
    last: fc.nat(),
    header: fc.string({ unit: 'binary' }),
    body: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
  }) satisfies fc.Arbitrary<Segment>;
  fc.assert(
    fc.property(segment, (one) => {
      expect(JSON.parse(jsonOfSegment(one))).toEqual(one);
    }),
  );
});
