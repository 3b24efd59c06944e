import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, decideUnasked, type PolicyRule, parsePolicy } from '../../src/bridge/policy/approval-policy.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';

const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));

function setUp() {
  const root = makeTempDir();
  const cwd = join(root, 'task');
  const protectedFolder = join(root, 'bridge');
  const homeDir = join(root, 'home');
  for (const folder of [cwd, protectedFolder, homeDir, join(cwd, 'src'), join(root, 'outside')]) mkdirSync(folder);
  const of = (rules: readonly PolicyRule[], tool: string, input: unknown, provider = 'claude', platform = 'linux') =>
    decide(rules, { provider, tool, input, cwd }, { protectedFolder, homeDir, platform: platform as NodeJS.Platform });
  const unasked = (rules: readonly PolicyRule[], tool: string, input: unknown) => {
    const request = { provider: 'claude', tool, input, cwd };
    return decideUnasked(rules, request, { protectedFolder, homeDir, platform: 'linux' }, 'workspace');
  };
  return { root, cwd, protectedFolder, homeDir, of, unasked };
}

describe('the file', () => {
  const problemOf = (text: string): string | undefined => {
    const parsed = parsePolicy(text);
    return parsed.ok ? undefined : parsed.error;
  };

  test('is read strictly, and the rule that is wrong is named', () => {
    expect(parsePolicy('{"rules":[{"decision":"deny","tool":"WebFetch"}]}')).toMatchObject({ ok: true });
    expect(problemOf('{"rules":[')).toMatch(/JSON/);
    expect(problemOf('[]')).toMatch(/object/);
    expect(problemOf('{}')).toMatch(/^rules: /);
    expect(problemOf('{"rules":[{"decision":"deny"},{"decision":"yes"}]}')).toMatch(/^rule 2, decision: /);
    expect(problemOf('{"rules":[{"decision":"deny","comand":"rm"}]}')).toMatch(/^rule 1: .*comand/);
    expect(problemOf('{"rules":[{"decision":"allow","provider":"claude"}]}')).toMatch(/must name a tool/);
    expect(problemOf('{"rules":[{"decision":"allow","command":"a && b"}]}')).toMatch(/shell operators/);
    expect(problemOf('{"rules":[{"decision":"deny","command":" rm"}]}')).toMatch(/space/);
  });
});

describe('rules', () => {
  test('the first that matches decides, and without one a person is asked', () => {
    const { of } = setUp();
    const rules: PolicyRule[] = [
      { decision: 'ask', command: 'git push' },
      { decision: 'allow', provider: 'claude', command: 'git' },
      { decision: 'deny', tool: 'mcp__*' },
    ];
    expect(of(rules, 'Bash', { command: 'git push origin' })).toBeUndefined();
    expect(of(rules, 'Bash', { command: 'git status' })).toEqual({ decision: 'allow', rule: 2 });
    expect(of(rules, 'Bash', { command: 'git status' }, 'codex')).toBeUndefined();
    expect(of(rules, 'Bash', { command: 'gitk' })).toBeUndefined();
    expect(of(rules, 'mcp__x__y', {})).toEqual({ decision: 'deny', rule: 3 });
    expect(of([], 'Bash', { command: 'ls' })).toBeUndefined();
  });

  test('a command is matched whole with a wildcard, or by its beginning; one that is wrapped in a shell counts itself', () => {
    const { of } = setUp();
    const rules: PolicyRule[] = [
      { decision: 'allow', command: 'npm run *:check' },
      { decision: 'allow', command: 'ls' },
    ];
    const isAllowed = (input: unknown): boolean => of(rules, 'Bash', input)?.decision === 'allow';
    expect(isAllowed({ command: 'npm run a:check' })).toBe(true);
    expect(isAllowed({ command: 'npm run a:check more' })).toBe(false);
    expect(isAllowed({ command: 'npm run :chec' })).toBe(false);
    expect(isAllowed({ command: ['ls', '-l'] })).toBe(true);
    expect(isAllowed({ command: ['/bin/bash', '-lc', 'ls -l'] })).toBe(true);
    expect(isAllowed({ command: ['/bin/bash', '-lc', 'ls; rm x'] })).toBe(false);
    expect(isAllowed({ command: ['bash', 'ls'] })).toBe(false);
    // Without such an option it is the name of a file that the shell runs.
    expect(isAllowed({ command: ['/bin/bash', '-x', 'ls -l'] })).toBe(false);
    expect(isAllowed({ command: 'ls', cmd: 'rm x' })).toBe(false);
    expect(isAllowed({ command: { ls: 1 } })).toBe(false);
    expect(isAllowed({})).toBe(false);
  });

  test('denying looks into each part of a composed command', () => {
    const { of } = setUp();
    const rules: PolicyRule[] = [{ decision: 'deny', command: 'rm' }];
    for (const command of ['rm x', 'cd a && rm x', 'a;rm x', 'echo $(rm x)', 'a\nrm x', 'echo `rm x`', 'a | rm'])
      expect([command, of(rules, 'Bash', { command })?.decision]).toEqual([command, 'deny']);
    expect(of(rules, 'Bash', { command: 'echo rm' })).toBeUndefined();
  });

  test('a path is allowed only where it lies as written and behind links, never by a way up', () => {
    const { of, cwd, root } = setUp();
    symlinkSync(join(root, 'outside'), join(cwd, 'src', 'link'));
    symlinkSync(join(root, 'nowhere'), join(cwd, 'src', 'dangling'));
    const rules: PolicyRule[] = [{ decision: 'allow', path: 'src/**' }];
    const isAllowed = (file_path: string, more = {}): boolean =>
      of(rules, 'Write', { file_path, content: 'x', ...more })?.decision === 'allow';
    expect(isAllowed('src/a/b.ts')).toBe(true);
    expect(isAllowed(join(cwd, 'src/.env'))).toBe(true);
    for (const file of [
      'other/x',
      'src/../x',
      'src/a/../b',
      '~/src/x',
      'src/link/x',
      'src/dangling',
      '/etc/passwd',
      '',
    ])
      expect([file, isAllowed(file)]).toEqual([file, false]);
    expect(isAllowed('src/a', { files: ['/etc/passwd'] })).toBe(false);
    expect(isAllowed('src/a', { changes: { '/etc/passwd': {} } })).toBe(false);
    expect(isAllowed('src/a', { command: 'rm x' })).toBe(false);
    expect(of(rules, 'Write', {})).toBeUndefined();
  });

  test('a rule may name a folder by a link, for denying it and for allowing it', () => {
    const { of, cwd, root } = setUp();
    symlinkSync(join(root, 'outside'), join(cwd, 'link'));
    const decisionOf = (decision: 'allow' | 'deny', file_path: string) =>
      of([{ decision, path: 'link/**' }], 'Write', { file_path })?.decision;
    for (const decision of ['allow', 'deny'] as const) expect(decisionOf(decision, 'link/x')).toBe(decision);
    expect(decisionOf('deny', join(root, 'outside/x'))).toBe('deny');
    expect(decisionOf('allow', join(root, 'outside/x'))).toBeUndefined();
  });

  test('a path is denied by whichever way it is written', () => {
    const { of, cwd, root, homeDir } = setUp();
    symlinkSync(join(root, 'outside'), join(cwd, 'link'));
    const rules: PolicyRule[] = [
      { decision: 'deny', path: join(root, 'outside/**') },
      { decision: 'deny', path: '~/.ssh/**' },
      { decision: 'deny', path: '**/.env' },
    ];
    const ruleOf = (file_path: string, platform = 'linux'): number | undefined =>
      of(rules, 'Read', { file_path }, 'claude', platform)?.rule;
    expect([ruleOf('link/x'), ruleOf('../outside/x'), ruleOf(join(root, 'outside'))]).toEqual([1, 1, 1]);
    expect([ruleOf('~/.ssh/id'), ruleOf(join(homeDir, '.ssh/id'))]).toEqual([2, 2]);
    expect([ruleOf('.env'), ruleOf('a/b/.env'), ruleOf('a/.ENV', 'darwin'), ruleOf('a/.ENV')]).toEqual([
      3,
      3,
      3,
      undefined,
    ]);
    expect(ruleOf(`${'a/'.repeat(100_000)}x`)).toBeUndefined();
  });

  test('no rule lets an agent write the rules', () => {
    const { of, protectedFolder, cwd } = setUp();
    writeFileSync(join(protectedFolder, 'policy.json'), '{}');
    symlinkSync(protectedFolder, join(cwd, 'src', 'b'));
    const rules: PolicyRule[] = [
      { decision: 'allow', tool: 'Write' },
      { decision: 'allow', path: '/**' },
    ];
    for (const file_path of [join(protectedFolder, 'policy.json'), '../bridge/x', 'src/b/policy.json'])
      expect(of(rules, 'Write', { file_path })).toBeUndefined();
    expect(of(rules, 'Write', { file_path: 'x' })).toEqual({ decision: 'allow', rule: 1 });
  });
});

describe(`no composed command slips through (seed ${seed})`, () => {
  const word = fc.stringMatching(/^[a-z-]{1,6}$/);
  const pattern = fc
    .array(fc.oneof(word, fc.constant('*')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(' '));
  const operator = fc.constantFrom(
    ';',
    '&&',
    '&',
    '||',
    '|',
    '$(',
    '`',
    '>',
    '>>',
    '<',
    '\n',
    '\r\n',
    '<(',
    '${',
    '{',
    '\\',
  );

  test('whatever the pattern, and wherever the operator stands', () => {
    const { of } = setUp();
    const wrapping = fc.constantFrom(
      (script: string): unknown => script,
      (script: string): unknown => ['bash', '-lc', script],
      (script: string): unknown => ['sh', '-c', script],
    );
    const property = fc.property(
      ...([pattern, fc.string(), operator, fc.string(), wrapping, fc.constantFrom('', ' ')] as const),
      (wanted, before, joint, after, wrap, space) => {
        const start = wanted.replaceAll('*', before);
        for (const script of [
          `${start}${space}${joint}${space}${after}`,
          `${start} ${before}${joint}${start}`,
          `${joint}${start}`,
        ])
          expect(of([{ decision: 'allow', command: wanted }], 'Bash', { command: wrap(script) })).toBeUndefined();
      },
    );
    fc.assert(property, { seed, numRuns: 500 });
  });

  test('and a plain one does', () => {
    const { of } = setUp();
    const property = fc.property(pattern, word, (wanted, filling) => {
      const command = wanted.replaceAll('*', filling);
      expect(of([{ decision: 'allow', command: wanted }], 'Bash', { command })).toEqual({ decision: 'allow', rule: 1 });
    });
    fc.assert(property, { seed });
  });
});

describe('where questions are turned off', () => {
  const free = { decision: 'allow', by: { kind: 'workspace' } };

  test('everything is allowed, and an ask rule neither asks nor hides a deny rule behind it', () => {
    const { unasked } = setUp();
    expect(unasked([], 'Bash', { command: 'rm -rf build && make | tee log' })).toEqual(free);
    const rules: PolicyRule[] = [
      { decision: 'ask', command: 'git' },
      { decision: 'allow', command: 'git status' },
      { decision: 'deny', command: 'git push' },
      { decision: 'deny', path: '**/.env' },
    ];
    expect(unasked(rules, 'Bash', { command: 'git log' })).toEqual(free);
    expect(unasked(rules, 'Bash', { command: 'git status' })).toEqual({
      decision: 'allow',
      by: { kind: 'policy', rule: 2 },
    });
    expect(unasked(rules, 'Bash', { command: 'make; git push' })).toEqual({
      decision: 'deny',
      by: { kind: 'policy', rule: 3 },
    });
    expect(unasked(rules, 'Write', { file_path: 'a/.env' })).toEqual({
      decision: 'deny',
      by: { kind: 'policy', rule: 4 },
    });
  });

  test('a person is asked for what touches the bridge’s own folder, also behind a link, and for what is not understood', () => {
    const { unasked, protectedFolder, cwd } = setUp();
    symlinkSync(protectedFolder, join(cwd, 'innocent'));
    for (const file of [join(protectedFolder, 'policy.json'), 'innocent/config.json', '../bridge/policy.json'])
      expect(unasked([], 'Write', { file_path: file })).toBeUndefined();
    let deep: unknown = { file_path: '/etc/passwd' };
    for (let depth = 0; depth < 20; depth++) deep = { more: deep };
    expect(unasked([], 'Write', deep)).toBeUndefined();
    expect(unasked([], 'Write', { file_path: 'new.txt' })).toEqual(free);
  });
});
