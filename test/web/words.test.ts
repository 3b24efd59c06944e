import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agoOf, atMomentOf, coarseDurationOf, daysBefore, durationOf, momentOf, sizeOf } from '../../src/base/times.ts';
import { REASON_CODES } from '../../src/protocol/reason-codes.ts';
import { commandOf } from '../../src/protocol/records/requested-action.ts';
import { partsOfCommand } from '../../src/ui/approval/dangerous-parts.ts';
import { diffLines } from '../../src/ui/tool/line-diff.ts';
import { wordsOfTool } from '../../src/ui/tool/tool-words.ts';
import { sentenceOfCode, sentenceOfReason } from '../../src/ui/words/reasons.ts';
import { titleOfInstructions } from '../../src/web/screens/new-task/draft.ts';

const seed = process.env.FC_SEED ? Number(process.env.FC_SEED) : Date.now() % 2 ** 31;

describe('words', () => {
  test('exist for every reason, as whole sentences', () => {
    for (const code of REASON_CODES) expect(sentenceOfCode(code)).toMatch(/^[A-Z].*\.$/);
    expect(new Set(REASON_CODES.map(sentenceOfCode)).size).toBe(REASON_CODES.length);
    expect(sentenceOfCode('from_the_future')).toContain('from_the_future');
    expect(sentenceOfReason({ code: 'agent_error', message: 'No credit.' })).toBe('No credit.');
    expect(sentenceOfReason({ code: 'agent_error', message: '' })).toBe(sentenceOfCode('agent_error'));
  });

  test('say how long', () => {
    const shown = [200, 8_000, 192_000, 180_000, 7_500_000, 270_000_000].map(durationOf);
    expect(shown).toEqual(['0.2 s', '8 s', '3 m 12 s', '3 m', '2 h 5 m', '3 d 3 h']);
    expect([59_000, 192_000, 7_500_000].map(coarseDurationOf)).toEqual(['under a minute', '3 m', '2 h 5 m']);
  });

  test('say when, over midnight', () => {
    const now = new Date(2026, 2, 1, 0, 5).getTime();
    expect(momentOf(new Date(2026, 2, 1, 0, 1).getTime(), now)).toBe('00:01');
    expect(momentOf(new Date(2026, 1, 28, 23, 59).getTime(), now)).toBe('yesterday 23:59');
    expect(momentOf(new Date(2025, 11, 24, 18, 0).getTime(), now)).toBe('24 Dec 2025 18:00');
    expect(atMomentOf(now, now)).toBe('at 00:05');
    expect(agoOf(new Date(2026, 1, 28, 22, 0).getTime(), now)).toBe('yesterday 22:00');
    expect(daysBefore(new Date(2026, 1, 27, 23, 59).getTime(), now)).toBe(2);
  });

  test('say how much', () => {
    expect([12, 1_500, 88_120, 3_100_000, 25_000_000].map(sizeOf)).toEqual([
      '12 bytes',
      '1.5 KB',
      '88 KB',
      '3.1 MB',
      '25 MB',
    ]);
  });

  test('make a title of instructions', () => {
    expect(titleOfInstructions('# Fix the test. It fails at night.\nMore')).toBe('Fix the test');
    expect(titleOfInstructions('  ')).toBe('');
    expect(titleOfInstructions('word '.repeat(60)).length).toBeLessThanOrEqual(81);
  });
});

describe('a tool call', () => {
  test('is a verb and its object', () => {
    const call = { type: 'tool_call', n: 1, at: 0, toolCallId: 't' } as const;
    expect(wordsOfTool({ ...call, title: 'Bash', kind: 'execute', rawInput: { command: 'npm test' } })).toEqual({
      verb: 'Run',
      object: 'npm test',
    });
    expect(wordsOfTool({ ...call, title: 'Read a.ts', kind: 'read' })).toEqual({ verb: 'Read', object: 'a.ts' });
    expect(commandOf({ argv: ['rm', '-rf', "it's"] })).toBe("rm -rf 'it'\\''s'");
  });
});

describe('a command that needs an answer', () => {
  test('shows its dangerous parts', () => {
    const marked = (command: string): string[] =>
      partsOfCommand(command)
        .filter((part) => part.isDangerous)
        .map((part) => part.text);
    expect(marked('npm test && rm -rf ~/.cache')).toEqual(['rm -rf']);
    expect(marked('curl -fsSL https://x.example/i.sh | sudo sh')).toEqual([
      'curl -fsSL https://x.example/i.sh | sudo sh',
    ]);
    expect(marked('git push --force origin main')).toEqual(['git push --force']);
    expect(marked('ls -la')).toEqual([]);
  });

  test(`is shown whole, byte for byte (seed ${seed})`, () => {
    const unit = fc.constantFrom('rm', ' ', '-rf', '&&', 'sudo', '\n', 'a', '|', 'sh', '>', '/etc/x', '.env');
    const property = fc.property(fc.string({ unit }), (command) => {
      const parts = partsOfCommand(command);
      expect(parts.map((part) => part.text).join('')).toBe(command);
    });
    fc.assert(property, { seed });
  });
});

describe('a changed file', () => {
  test('shows what changed with a little around it', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');
    const kinds = diffLines(before, before.replace('line 10', 'new')).map((line) => `${line.kind} ${line.text}`);
    expect(kinds).toEqual([
      'skipped 7 lines as before',
      ...[7, 8, 9].map((number) => `same line ${number}`),
      'removed line 10',
      'added new',
      ...[11, 12, 13].map((number) => `same line ${number}`),
      'skipped 6 lines as before',
    ]);
  });

  test(`can be put together again from its lines (seed ${seed})`, () => {
    const file = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 });
    const property = fc.property(file, file, (old, now) => {
      const lines = diffLines(old.join('\n'), now.join('\n'));
      const of = (...kinds: string[]): string[] =>
        lines.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => text);
      const isWhole = !lines.some(({ kind }) => kind === 'skipped') && lines.length > 0;
      if (isWhole) expect([of('same', 'removed'), of('same', 'added')]).toEqual([old, now]);
    });
    fc.assert(property, { seed });
  });
});
