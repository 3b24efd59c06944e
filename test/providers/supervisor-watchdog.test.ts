import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProcessPlatform } from '../../src/bridge/providers/supervisor/platform.ts';
import type { ProcessIdentity } from '../../src/bridge/providers/supervisor/process.ts';
import { isSame } from '../../src/bridge/providers/supervisor/sweep.ts';
import { fixture } from '../support/fixture-programs.ts';
import { startTaskHost, type TaskHost } from '../support/kill-host.ts';
import { processesWith } from '../support/processes.ts';
import { makeRoot, openTaskBridge, readRecords, type TaskBridge, textOf, waitFor } from '../support/task-bridge.ts';

const platform = createProcessPlatform(process.platform);
const programs = {
  forever: fixture('forever.mjs'),
  stubborn: fixture('ignores-sigterm.mjs'),
  escaping: fixture('setsid-grandchild.sh'),
  restless: fixture('spawns-for-ever.sh'),
  lines: fixture('slow-lines.mjs', ['200', '20']),
};
type Program = keyof typeof programs;

let root: string;
let host: TaskHost | undefined;
let bridge: TaskBridge | undefined;
const others: ChildProcess[] = [];

beforeEach(() => {
  root = makeRoot();
});
afterEach(async () => {
  await host?.kill();
  await bridge?.close();
  host = undefined;
  bridge = undefined;
  for (const other of others.splice(0)) other.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
  await waitFor(
    () => (watchdogs().length === 0 ? true : undefined),
    () => `watchdogs left: ${JSON.stringify(watchdogs())}`,
  );
});

const idOf = (program: Program): string => `watch-${program}-${process.pid}`;
const folder = () => path.join(root, 'data/watchdog');
/** By the folder in their arguments, which is this test's own. */
const watchdogs = () => processesWith(folder()).filter(({ command }) => command.startsWith('/bin/sh'));
const files = () => readdirSync(folder()).filter((name) => name !== 'id');
const options = (graceSeconds: number) => ({ root, programs, graceSeconds });
const GRACE = 3;

async function hostRunning(names: readonly Program[], graceSeconds = GRACE): Promise<ProcessIdentity[]> {
  const launches = names.map((program) => ({ taskId: idOf(program), settings: { program } }));
  host = await startTaskHost({ options: options(graceSeconds), launches });
  for (const name of names) await untilPrinted(idOf(name));
  const found = await Promise.all(names.map((name) => platform.findMarked(`CTRLNODE_TASK=${idOf(name)}`, [])));
  return found.flat();
}

async function untilPrinted(taskId: string, lines = 1): Promise<void> {
  await waitFor(
    async () => {
      const text = textOf(await readRecords(path.join(root, 'workspace/tasks', taskId)), 'stdout');
      return text.split('\n').length > lines ? true : undefined;
    },
    () => `${taskId} did not print`,
  );
}

async function living(processes: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const flags = await Promise.all(processes.map((identity) => isSame(platform, identity)));
  return processes.filter((_, index) => flags[index]);
}

async function untilGone(processes: readonly ProcessIdentity[]): Promise<void> {
  await waitFor(
    async () => ((await living(processes)).length === 0 ? true : undefined),
    async () => `still there: ${JSON.stringify(await living(processes))}`,
  );
}

async function untilWatchdog(isIt: (pid: number) => boolean = () => true): Promise<number> {
  return waitFor(
    () => watchdogs().find(({ pid }) => isIt(pid))?.pid,
    () => `no such watchdog among ${JSON.stringify(watchdogs())}`,
  );
}

test('when the bridge is killed, no process of its tasks is left five seconds later', async () => {
  const found = await hostRunning(['forever', 'stubborn', 'escaping', 'restless']);
  expect(found.length).toBeGreaterThan(6);
  const startMs = performance.now();
  await host?.kill();
  await untilGone(found);
  await waitFor(
    () => (['forever', 'stubborn', 'escaping', 'restless'] as const).every(nobodyOf) || undefined,
    () => 'some were started meanwhile',
  );
  const tookMs = performance.now() - startMs;
  expect(tookMs).toBeGreaterThan(GRACE * 1_000 - 100);
  expect(tookMs).toBeLessThan(5_000);
  await waitFor(
    () => (watchdogs().length === 0 ? true : undefined),
    () => 'the watchdog stayed',
  );
  expect(files()).toEqual([]);
});

const nobodyOf = (program: Program): boolean => processesWith(`CTRLNODE_TASK=${idOf(program)}`).length === 0;

test('a next bridge that comes in time takes over, and the old watchdog never acts', async () => {
  const found = await hostRunning(['lines', 'forever']);
  const before = await untilWatchdog();
  await host?.kill();
  bridge = await openTaskBridge(options(GRACE));
  expect(files()).toHaveLength(1);
  await waitFor(
    () => (watchdogs().every(({ pid }) => pid !== before) ? true : undefined),
    () => 'the old watchdog stayed',
  );
  expect(watchdogs()).toHaveLength(1);
  await bridge.runner.start();
  await bridge.ended(idOf('lines'));
  const text = textOf(await bridge.records(idOf('lines')), 'stdout');
  expect(text.split('\n').at(-2)).toMatch(/^line 200 /);
  const forever = await bridge.supervisor.find(idOf('forever'));
  expect(forever).not.toEqual([]);
  expect(await living(found)).toEqual(forever);
});

test('what was taken over is ended too when the bridge that took over is killed', async () => {
  const found = await hostRunning(['forever']);
  await host?.kill();
  host = await startTaskHost({ options: options(1), launches: [] });
  expect(await living(found)).toEqual(found);
  await host.kill();
  await untilGone(found);
});

test('a bridge that stops by itself leaves no watchdog, and an idle one has none', async () => {
  bridge = await openTaskBridge(options(GRACE));
  await bridge.runner.start();
  expect(watchdogs()).toEqual([]);
  bridge.launch({ taskId: idOf('forever'), settings: { program: 'forever' } });
  await bridge.untilRecord(idOf('forever'), 'output_chunk');
  expect(watchdogs()).toHaveLength(1);
  bridge.cancel(idOf('forever'));
  await bridge.ended(idOf('forever'));
  const startMs = performance.now();
  await waitFor(
    () => (watchdogs().length === 0 ? true : undefined),
    () => 'the watchdog stayed',
  );
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(files()).toEqual([]);
});

test('a watchdog that is killed while a task runs is replaced, and the new one does the work', async () => {
  const found = await hostRunning(['forever'], 1);
  const first = await untilWatchdog();
  process.kill(first, 'SIGKILL');
  const second = await untilWatchdog((pid) => pid !== first);
  await waitFor(
    () => (files().length === 1 ? true : undefined),
    () => JSON.stringify(files()),
  );
  expect(second).not.toBe(first);
  await host?.kill();
  await untilGone(found);
});

test('a process of another bridge, or one that only mentions this one, is left alone', async () => {
  const found = await hostRunning(['forever'], 1);
  const id = readFileSync(path.join(folder(), 'id'), 'utf8').trim();
  for (const env of [
    { CTRLNODE_BRIDGE: `${id}0` },
    { CTRLNODE_TASK: idOf('forever') },
    { NOTE: `CTRLNODE_BRIDGE=${id}` },
  ])
    others.push(spawn('sleep', ['120'], { env: { ...process.env, ...env }, stdio: 'ignore', detached: true }));
  await Promise.all(others.map((other) => once(other, 'spawn')));
  await host?.kill();
  await untilGone(found);
  expect(others.map((other) => other.exitCode ?? other.signalCode)).toEqual([null, null, null]);
});

test('before a planned restart the bridge can ask for more time', async () => {
  bridge = await openTaskBridge(options(0));
  await bridge.runner.start();
  bridge.launch({ taskId: idOf('forever'), settings: { program: 'forever' } });
  await bridge.untilRecord(idOf('forever'), 'output_chunk');
  const found = await bridge.supervisor.find(idOf('forever'));
  await bridge.watchdog?.keepFor(2);
  const startMs = performance.now();
  await bridge.watchdog?.dispose();
  await untilGone(found);
  expect(performance.now() - startMs).toBeGreaterThan(1_900);
});

test('a next bridge that comes too late waits until the watchdog has ended everything', async () => {
  const found = await hostRunning(['restless', 'stubborn'], 0);
  await host?.kill();
  await waitFor(
    () => (files().every((name) => !name.endsWith('.armed')) ? true : undefined),
    () => 'the watchdog did not begin',
  );
  bridge = await openTaskBridge(options(GRACE));
  expect(await living(found)).toEqual([]);
  expect(nobodyOf('restless')).toBe(true);
  await bridge.runner.start();
  expect(await bridge.ended(idOf('stubborn'))).toMatchObject({ state: 'interrupted' });
});

test('a watchdog that died half-way is finished for by the next bridge', async () => {
  const found = await hostRunning(['forever'], 60);
  const watchdog = await untilWatchdog();
  process.kill(watchdog, 'SIGSTOP');
  await host?.kill();
  // As it is when everything was stopped, nothing killed yet.
  const [name = ''] = files();
  renameSync(path.join(folder(), name), path.join(folder(), name.replace('.armed', '.acting')));
  for (const { pid } of found) process.kill(pid, 'SIGSTOP');
  process.kill(watchdog, 'SIGKILL');
  bridge = await openTaskBridge(options(GRACE));
  expect(await living(found)).toEqual([]);
  await bridge.runner.start();
  expect(await bridge.ended(idOf('forever'))).toMatchObject({ state: 'interrupted' });
});

test('the watchdog gets none of our environment and carries no mark itself', async () => {
  await hostRunning(['forever'], 1);
  const pid = await untilWatchdog();
  const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .map((entry) => entry.split('=')[0]);
  expect(names.filter(Boolean).sort()).toEqual(['LC_ALL', 'PATH']);
  const session = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
  expect(Number(session)).toBe(pid);
});
