/** The script by itself, also with the `ps` of macOS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WATCHDOG_SCRIPT } from '../../src/bridge/providers/supervisor/watchdog-script.ts';
import { processesWith } from '../support/processes.ts';
import { waitFor } from '../support/task-bridge.ts';

let folder: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-watchdog-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const { pid, command } of processesWith(`sleep ${NAP}`))
    if (command.startsWith('sleep')) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const ID = `id-${process.pid}`;
const TOKEN = 'token';
/** Seconds; this test's own, so that sleepers can be told by their arguments. */
const NAP = 1_000_000 + process.pid;

function tool(name: string, text: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`);
  chmodSync(path.join(folder, name), 0o755);
}

async function start(file: string, args: string[], env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(file, args, {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  started.push(child);
  await once(child, 'spawn');
  return child;
}

/** One marked process; a child of it and an orphan in its session, both with a cleared environment; and one stranger. */
async function cast(system: string) {
  const marked = await start('sh', ['-c', `(env -i sleep ${NAP}1 &); env -i sleep ${NAP} & wait`], {
    CTRLNODE_BRIDGE: ID,
  });
  const stranger = await start('sleep', ['120'], { CTRLNODE_BRIDGE: `${ID}0`, NOTE: `CTRLNODE_BRIDGE=${ID}` });
  const isThere = (command: string) => processesWith(command).some((process) => process.command === command);
  const childIsThere = () => isThere(`sleep ${NAP}`);
  const orphanIsThere = () => isThere(`sleep ${NAP}1`);
  await waitFor(
    () => (childIsThere() && orphanIsThere()) || undefined,
    () => 'no child',
  );
  const args = ['-c', WATCHDOG_SCRIPT, 'watchdog', folder, TOKEN, ID, system, '0'];
  const watchdog = await start('/bin/sh', args, { PATH: `${folder}:/usr/bin:/bin` });
  return {
    watchdog,
    marked,
    stranger,
    childIsThere,
    orphanIsThere,
  };
}

async function end(watchdog: ChildProcess, words = ''): Promise<void> {
  const exited = once(watchdog, 'exit', { signal: AbortSignal.timeout(10_000) });
  watchdog.stdin?.end(words);
  await exited;
}

const armed = () => path.join(folder, `${TOKEN}.armed`);

async function endsAllMarked(system: string): Promise<void> {
  writeFileSync(armed(), '');
  const { watchdog, marked, stranger, childIsThere, orphanIsThere } = await cast(system);
  const gone = once(marked, 'exit', { signal: AbortSignal.timeout(10_000) });
  await end(watchdog);
  expect((await gone)[1]).toBe('SIGKILL');
  expect(childIsThere()).toBe(false);
  expect(orphanIsThere()).toBe(false);
  expect(stranger.signalCode).toBe(null);
  expect(existsSync(armed())).toBe(false);
  expect(existsSync(path.join(folder, `${TOKEN}.acting`))).toBe(false);
}

test('ends the marked processes and what descends from them, with the tools that are here', async () => {
  await endsAllMarked('linux');
});

test('does so on macOS, by what its ps prints', async () => {
  tool(
    'ps',
    `[ "$*" = '-axEww -o pid=,ppid=,stat=,command=' ] || exit 64
for entry in /proc/[0-9]*; do
  read -r pid comm state parent rest <"$entry/stat" || continue
  printf '%5d %5d %-4s %s %s\\n' "$pid" "$parent" "$state" "$(tr '\\0' ' ' <"$entry/cmdline")" "$(tr '\\0' ' ' <"$entry/environ")"
done 2>/dev/null`,
  );
  writeFileSync(armed(), '');
  const { watchdog, marked, childIsThere } = await cast('darwin');
  const gone = once(marked, 'exit', { signal: AbortSignal.timeout(10_000) });
  await end(watchdog);
  expect((await gone)[1]).toBe('SIGKILL');
  expect(childIsThere()).toBe(false);
});

test('ends nothing after `bye`, nor when its file is gone; but does when the whole folder is', async () => {
  writeFileSync(armed(), '');
  const first = await cast('linux');
  await end(first.watchdog, 'bye\n');
  expect(first.childIsThere()).toBe(true);
  rmSync(armed());
  const second = await cast('linux');
  await end(second.watchdog);
  expect(second.childIsThere()).toBe(true);
  const third = await cast('linux');
  const gone = [first, second, third].map(({ marked }) =>
    once(marked, 'exit', { signal: AbortSignal.timeout(10_000) }),
  );
  rmSync(folder, { recursive: true });
  await end(third.watchdog);
  await Promise.all(gone);
});

test('ends a marked process in the session of the bridge, but not that session', async () => {
  writeFileSync(armed(), '');
  const script = `CTRLNODE_BRIDGE=${ID} sleep ${NAP}2 & setsid "$@" </dev/null; sleep ${NAP}3`;
  const args = ['-c', script, 'sh', '/bin/sh', '-c', WATCHDOG_SCRIPT, 'watchdog', folder, TOKEN, ID, 'linux', '0'];
  await start('sh', args, {});
  const sleepers = () => processesWith(`sleep ${NAP}`).map(({ command }) => command);
  await waitFor(
    () => sleepers().find((command) => command === `sleep ${NAP}3`),
    () => 'the session was ended',
    5_000,
  );
  expect(sleepers()).not.toContain(`sleep ${NAP}2`);
});

test('ignores the signals that end a whole terminal or session', async () => {
  writeFileSync(armed(), '');
  const { watchdog, childIsThere } = await cast('linux');
  // HUP, INT and TERM are bits 1, 2 and 15.
  const status = () => readFileSync(`/proc/${watchdog.pid}/status`, 'utf8');
  await waitFor(
    () => /^SigIgn:\t\w*4003$/m.test(status()) || undefined,
    () => status(),
  );
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) watchdog.kill(signal);
  await end(watchdog);
  expect(watchdog.signalCode).toBe(null);
  expect(childIsThere()).toBe(false);
});
