import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/bridge/providers/output/line-splitter.ts';
import { splitText } from '../../src/bridge/providers/output/split-text.ts';
import { Utf8Text } from '../../src/bridge/providers/output/utf8-text.ts';

const cutAt = (all: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((cut) => cut % (all.length + 1)).toSorted((a, b) => a - b), all.length];
  return places.slice(1).map((to, index) => all.subarray(places[index], to));
};
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
/** Text of all scripts with bytes that are no UTF-8 in between. */
const mixed = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 6 }),
    ),
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

test('UTF-8 that is cut anywhere decodes as if it were whole, and its places count its bytes', () => {
  fc.assert(
    fc.property(mixed, fc.array(fc.nat()), fc.integer({ min: 4, max: 20 }), (all, cuts, sliceBytes) => {
      const text = new Utf8Text({ startOffset: 7, sliceBytes });
      const pieces = [...cutAt(all, cuts).flatMap((part) => text.receive(part)), ...text.finish()];
      expect(pieces.map((piece) => piece.text).join('')).toBe(lossy.decode(all));
      expect(pieces.at(-1)?.at ?? 7).toBe(7 + all.length);
    }),
    { numRuns: 500 },
  );
});

test('reading on from the place of any piece gives the rest, when the text is valid', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat()), fc.nat(), (source, cuts, at) => {
      const all = new Uint8Array(Buffer.from(source));
      const first = new Utf8Text({ startOffset: 0, sliceBytes: 5 });
      const pieces = cutAt(all, cuts).flatMap((part) => first.receive(part));
      const durable = pieces.slice(0, at % (pieces.length + 1));
      const offset = durable.at(-1)?.at ?? 0;
      const second = new Utf8Text({ startOffset: offset, sliceBytes: 5 });
      const rest = [...second.receive(all.subarray(offset)), ...second.finish()];
      expect([...durable, ...rest].map((piece) => piece.text).join('')).toBe(source.toWellFormed());
    }),
    { numRuns: 500 },
  );
});

test('lines are cut with their places; the last one without a newline counts', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{0,9}$/)), fc.array(fc.nat()), (lines, cuts) => {
      const all = Buffer.from(lines.join('\n'));
      const splitter = new LineSplitter({ maxBytes: 100 });
      const found = [...cutAt(all, cuts).flatMap((part) => splitter.receive(part))];
      const last = splitter.finish();
      if (last) found.push(last);
      const texts = found.map((line) => Buffer.from(line.bytes ?? []).toString());
      expect(texts.join('\n') + (last || all.length === 0 ? '' : '\n')).toBe(lines.join('\n'));
      for (const line of found) {
        expect(all.subarray(line.start, line.end).toString().replace('\n', '')).toBe(
          Buffer.from(line.bytes ?? []).toString(),
        );
      }
    }),
  );
});

test('text is split at characters, the same way every time, and loses nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 4, max: 32 }), (text, maxBytes) => {
      const whole = text.toWellFormed();
      const pieces = splitText(whole, maxBytes);
      expect(pieces.join('')).toBe(whole);
      for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(maxBytes);
    }),
  );
});
