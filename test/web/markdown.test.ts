import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMarkdown } from '../../src/ui/markdown/blocks.ts';
import { parseInline } from '../../src/ui/markdown/inline.ts';

const seed = process.env.FC_SEED ? Number(process.env.FC_SEED) : Date.now() % 2 ** 31;

describe('what an agent wrote', () => {
  test('has paragraphs, headings, lists, code, quotes, tables and rules', () => {
    const source = [
      '# Title',
      'one',
      'two',
      '',
      '- a',
      '- b',
      '  - c',
      '',
      '> q',
      '',
      '| x | y |',
      '|---|---|',
      '| 1 | 2 |',
      '',
      '---',
      '```ts',
      'let a;',
      '```',
    ];
    expect(parseMarkdown(source.join('\n'))).toEqual([
      { type: 'heading', level: 1, text: 'Title' },
      { type: 'paragraph', text: 'one\ntwo' },
      {
        type: 'list',
        start: null,
        items: [
          [{ type: 'paragraph', text: 'a' }],
          [
            { type: 'paragraph', text: 'b' },
            { type: 'list', start: null, items: [[{ type: 'paragraph', text: 'c' }]] },
          ],
        ],
      },
      { type: 'quote', blocks: [{ type: 'paragraph', text: 'q' }] },
      { type: 'table', header: ['x', 'y'], rows: [['1', '2']] },
      { type: 'rule' },
      { type: 'code', language: 'ts', text: 'let a;' },
    ]);
  });

  test('shows a code block that is still being written', () => {
    expect(parseMarkdown('```\nhalf')).toEqual([{ type: 'code', language: '', text: 'half' }]);
  });

  test('links to the web only', () => {
    const link = { type: 'link', href: 'https://example.org/a', children: [{ type: 'text', text: 'here' }] };
    expect(parseInline('[here](https://example.org/a)')).toEqual([link]);
    for (const address of ['javascript:alert(1)', 'data:text/html,x', '//evil', 'file:///etc/passwd'])
      expect(parseInline(`[here](${address})`)).toEqual([{ type: 'text', text: `[here](${address})` }]);
  });

  test('marks code, strong and emphasis, and leaves names_with_lines alone', () => {
    expect(parseInline('`a*b` **c** *d* snake_case_name')).toEqual([
      { type: 'code', text: 'a*b' },
      { type: 'text', text: ' ' },
      { type: 'strong', children: [{ type: 'text', text: 'c' }] },
      { type: 'text', text: ' ' },
      { type: 'emphasis', children: [{ type: 'text', text: 'd' }] },
      { type: 'text', text: ' snake_case_name' },
    ]);
  });

  test(`is read in little time whatever it is (seed ${seed})`, () => {
    const unit = fc.constantFrom(
      '*',
      '_',
      '`',
      '[',
      ']',
      '(',
      ')',
      '>',
      '-',
      '1.',
      ' ',
      '\n',
      '|',
      '#',
      '~',
      'a',
      'https://a.b/',
    );
    const property = fc.property(fc.string({ unit, maxLength: 2_000 }), (source) => {
      const startMs = performance.now();
      const blocks = parseMarkdown(source);
      for (const block of blocks) if (block.type === 'paragraph') parseInline(block.text);
      expect(performance.now() - startMs).toBeLessThan(1_000);
    });
    fc.assert(property, { seed, numRuns: 300 });
  });
});
