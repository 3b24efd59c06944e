import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TerminalLines } from '../../src/ui/terminal/terminal-lines.ts';

const seed = process.env.FC_SEED ? Number(process.env.FC_SEED) : Date.now() % 2 ** 31;
const ESC = '\u001b';

function linesOf(...pieces: string[]) {
  const terminal = new TerminalLines();
  for (const piece of pieces) terminal.write(piece);
  return terminal.lines;
}

function textOf(...pieces: string[]): string[] {
  return linesOf(...pieces).map((line) => line.map((span) => span.text).join(''));
}

describe('terminal output', () => {
  test('keeps colours and forgets them at a reset', () => {
    expect(linesOf(`a${ESC}[1;31mb${ESC}[0mc${ESC}[38;5;208md${ESC}[38;2;1;2;3me`)).toEqual([
      [
        { text: 'a', style: {} },
        { text: 'b', style: { isBold: true, foreground: 1 } },
        { text: 'c', style: {} },
        { text: 'd', style: { foreground: 208 } },
        { text: 'e', style: { foreground: '#010203' } },
      ],
    ]);
  });

  test('lets a progress bar write over its line', () => {
    expect(textOf('10 %\r50 %\r100 %\ndone')).toEqual(['100 %', 'done']);
    expect(textOf(`downloading\r${ESC}[Kdone`)).toEqual(['done']);
    expect(textOf(`${ESC}[2K\rshort`)).toEqual(['short']);
  });

  test('drops what moves the cursor, sets titles or rings, and shows the rest', () => {
    expect(textOf(`${ESC}]0;title\u0007a${ESC}[2Ab${ESC}[?25lc\u0007${ESC}(Bd`)).toEqual(['abcd']);
  });

  test('breaks a line that has no end', () => {
    expect(textOf('x'.repeat(10_000)).map((line) => line.length)).toEqual([4_000, 4_000, 2_000]);
  });

  test('does not wait for ever for the end of a sequence', () => {
    expect(textOf(`${ESC}]0;${'x'.repeat(5_000)}`).join('')).toContain('xxx');
  });

  test(`gives the same lines however it is cut (seed ${seed})`, () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      '\n',
      '\r',
      '\b',
      '\t',
      ESC,
      '[',
      '3',
      '1',
      ';',
      'm',
      'K',
      '0',
      `${ESC}[32m`,
    );
    const property = fc.property(fc.string({ unit, maxLength: 120 }), fc.array(fc.nat(120)), (output, cuts) => {
      const places = [...new Set([0, ...cuts.filter((cut) => cut < output.length), output.length])].sort(
        (a, b) => a - b,
      );
      const pieces = places.slice(1).map((end, index) => output.slice(places[index], end));
      expect(linesOf(...pieces)).toEqual(linesOf(output));
    });
    fc.assert(property, { seed, numRuns: 2_000 });
  });
});
