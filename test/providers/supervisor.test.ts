import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { findClaude } from '../../src/bridge/providers/claude/find-claude.ts';
import { findCodex } from '../../src/bridge/providers/codex/find-codex.ts';
import { CommandProvider } from '../../src/bridge/providers/command/command-provider.ts';
import { processesOfTask } from '../../src/bridge/providers/supervisor/descendants.ts';
import { environmentOfTask, mergePaths } from '../../src/bridge/providers/supervisor/environment.ts';
import { findExecutable } from '../../src/bridge/providers/supervisor/find-executable.ts';
import { createLoginPath } from '../../src/bridge/providers/supervisor/login-path.ts';
import { createProcessPlatform } from '../../src/bridge/providers/supervisor/platform.ts';
import { versionOfProgram } from '../../src/bridge/providers/supervisor/version-of-program.ts';
import { cachedAgent } from '../support/agent-cache.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-supervisor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

test("a task gets the user's environment, not ours, and nothing can replace its marks", () => {
  const base = {
    HOME: '/home/u',
    PATH: '/bridge/only',
    ANTHROPIC_API_KEY: 'key',
    CTRLNODE_DEVICE_KEY: 'secret',
    CLAUDECODE: '1',
    CLAUDE_CODE_ENTRYPOINT: 'cli',
    CODEX_SANDBOX: 'seatbelt',
    CODEX_NETWORK_SANDBOX_DISABLED: '1',
    ELECTRON_RUN_AS_NODE: '1',
    npm_config_prefix: '/x',
  };
  const extra = { MINE: '1', CTRLNODE_TASK: 'forged', CTRLNODE_BRIDGE: 'forged', CTRLNODE_TASK_DIR: '/t' };
  expect(environmentOfTask({ base, path: '/usr/bin', extra, taskId: 't1', runId: 'r1', bridgeId: 'b1' })).toEqual({
    HOME: '/home/u',
    PATH: '/usr/bin',
    ANTHROPIC_API_KEY: 'key',
    MINE: '1',
    CTRLNODE_TASK: 't1',
    CTRLNODE_TASK_DIR: '/t',
    CTRLNODE_RUN: 'r1',
    CTRLNODE_BRIDGE: 'b1',
  });
  expect(mergePaths('/a:relative:/b', '/b:/c::.')).toBe('/a:/b:/c');
});

test("the login shell's PATH comes first, whatever else its start-up files print", async () => {
  writeFileSync(path.join(folder, '.bash_profile'), 'echo welcome; export PATH="/from/profile:$PATH"; echo oops >&2\n');
  const environment = { HOME: folder, PATH: '/usr/bin:/bin', CTRLNODE_SECRET: 'x' };
  const loginPath = createLoginPath({ environment, shell: '/bin/bash', clock: systemClock });
  const entries = (await loginPath()).split(':');
  expect(entries[0]).toBe('/from/profile');
  expect(entries).toEqual(expect.arrayContaining(['/usr/bin', '/bin']));
  for (const entry of entries) expect(path.isAbsolute(entry)).toBe(true);
});

test('a shell that hangs, even behind a child that keeps its output open, does not hang us', async () => {
  const shell = script('hung-shell', '#!/bin/sh\nsleep 60 &\nsleep 60\n');
  const environment = { HOME: folder, PATH: '/usr/bin:/bin' };
  const startMs = performance.now();
  expect(await createLoginPath({ environment, shell, clock: systemClock })()).toBe('/usr/bin:/bin');
  expect(performance.now() - startMs).toBeLessThan(4_500);
  const none = createLoginPath({ environment, shell: path.join(folder, 'no-such-shell'), clock: systemClock });
  expect(await none()).toBe('/usr/bin:/bin');
});

test('a program is found by absolute path or name, never by a relative path', async () => {
  const file = script('bin/tool', '#!/bin/sh\n');
  writeFileSync(path.join(folder, 'bin/no-program'), '');
  mkdirSync(path.join(folder, 'bin/folder'));
  const search = `/nowhere:${path.dirname(file)}`;
  expect(await findExecutable('tool', search)).toBe(file);
  expect(await findExecutable(file, '')).toBe(file);
  for (const name of ['no-program', 'folder', './tool', 'bin/tool', 'tool\0', '']) {
    expect(await findExecutable(name, search)).toBeUndefined();
  }
});

test("the npm launcher of Claude Code is passed over for its platform's native program", async (context) => {
  const agent = await cachedAgent('claude');
  if ('missing' in agent) return context.skip();
  symlinkSync(path.join(agent.packageFolder, 'bin/claude.exe'), path.join(folder, 'claude'));
  expect(await findClaude('claude', folder)).toBe(agent.program);
  expect(await findClaude(agent.program, '')).toBe(agent.program);
  expect(await findClaude('claude', '/nowhere')).toBeUndefined();
  const own = script('own/claude', '#!/bin/sh\necho 1.2.3\n');
  expect(await findClaude(own, '')).toBe(own);
});

test("the npm launcher of Codex is passed over for its platform's native program", async (context) => {
  const agent = await cachedAgent('codex');
  if ('missing' in agent) return context.skip();
  symlinkSync(path.join(agent.packageFolder, 'bin/codex.js'), path.join(folder, 'codex'));
  expect(await findCodex('codex', folder)).toBe(agent.program);
  expect(await findCodex(agent.program, '')).toBe(agent.program);
  expect(await findCodex('codex', '/nowhere')).toBeUndefined();
  const own = script('own/codex', '#!/bin/sh\necho 1.2.3\n');
  expect(await findCodex(own, '')).toBe(own);
});

test('a program that does not tell its version is told from one that does', async () => {
  const { signal } = new AbortController();
  const ask = (text: string) =>
    versionOfProgram(script('tool', `#!/bin/sh\n${text}\n`), { PATH: '/usr/bin:/bin' }, signal);
  expect(await ask('echo 2.1.330 \\(Claude Code\\)')).toEqual({ ok: true, value: '2.1.330' });
  expect(await ask('echo hello')).toEqual({ ok: false, error: 'it did not say its version' });
  expect(await ask('exit 7')).toEqual({ ok: false, error: 'it ended with exit code 7' });
});

test('discovery of commands names what is missing and says how to configure one', async () => {
  const loginPath = async () => '/usr/bin:/bin';
  const none = await new CommandProvider({ programs: {}, loginPath }).discover();
  expect(none).toMatchObject({ isInstalled: false, programs: [] });
  expect(none.problem).toContain('"programs"');
  const programs = { good: { command: 'sh' }, bad: { command: 'no-such-program' } };
  expect(await new CommandProvider({ programs, loginPath }).discover()).toEqual({
    id: 'command',
    name: 'Command',
    isInstalled: true,
    programs: ['bad', 'good'],
    problem:
      'Not found: bad. Install what is missing, or change its path in the configuration under providers.command.programs.',
  });
});

test('what belongs to a task: the marked, their descendants and sessions; never we nor our session', () => {
  const entry = (pid: number, parentPid: number, sessionId: number, isMarked = false) => {
    return { pid, parentPid, sessionId, startedAt: `${pid}`, isMarked };
  };
  const table = [
    entry(1, 0, 1),
    entry(10, 1, 10, true),
    entry(11, 10, 11),
    entry(12, 11, 11),
    entry(13, 1, 11),
    entry(20, 1, 20),
    entry(30, 1, 7),
    entry(98, 1, 90),
    entry(99, 1, 90, true),
  ];
  const pids = (sessions: number[]) =>
    processesOfTask(table, { ownPid: 99, sessions })
      .map(({ pid }) => pid)
      .sort();
  expect(pids([])).toEqual([10, 11, 12, 13]);
  expect(pids([7, 90])).toEqual([10, 11, 12, 13, 30]);
});

test('a process has one identity for life; a dead one and a zombie have none', async () => {
  const platform = createProcessPlatform(process.platform);
  const child = spawn('sh', ['-c', 'read line; exit 0'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const pid = child.pid ?? 0;
  const first = await platform.identify(pid);
  expect(first).toMatchObject({ pid, startedAt: expect.stringMatching(/.+:\d+/) });
  expect(await platform.identify(pid)).toEqual(first);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end('\n');
  await gone;
  expect(await platform.identify(pid)).toBeUndefined();
});

test('a system that we cannot account for processes on is refused with a sentence', () => {
  expect(() => createProcessPlatform('freebsd')).toThrowError(
    expect.objectContaining({ code: 'platform_unsupported' }),
  );
});
