/** Whose gateway is used, and how long ours lives. The program is a stand-in that greets like the real one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposal.ts';
import {
  OpenClawProvider,
  type OpenClawProviderOptions,
} from '../../src/bridge/providers/openclaw/openclaw-provider.ts';
import { type GatewayLease, SharedGateway } from '../../src/bridge/providers/openclaw/shared-gateway.ts';
import type { AgentRun } from '../../src/bridge/providers/provider.ts';
import { HelperProcesses } from '../../src/bridge/providers/supervisor/helper-processes.ts';
import { createProcessPlatform } from '../../src/bridge/providers/supervisor/platform.ts';
import { Supervisor } from '../../src/bridge/providers/supervisor/supervisor.ts';
import { processesWith } from '../support/processes.ts';
import { launchOf, waitFor } from '../support/task-bridge.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../support/fake-openclaw.mjs');
const logger = pino({ level: 'silent' });
let root: string;
let foreign: ChildProcess | undefined;
const opened: (SharedGateway | OpenClawProvider)[] = [];

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-openclaw-'));
  configure({ port: 9 });
});
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.dispose();
  expect(ownGateways()).toEqual([]);
  if (foreign?.kill('SIGKILL')) await once(foreign, 'exit');
  foreign = undefined;
  rmSync(root, { recursive: true, force: true });
});

function open(options: { env?: Record<string, string>; clock?: Clock; tokenFile?: string; url?: string } = {}) {
  const environment = { PATH: process.env.PATH ?? '', HOME: root, FAKE_OPENCLAW_STARTS: starts(), ...options.env };
  const clock = options.clock ?? systemClock;
  const loginPath = async (): Promise<string> => environment.PATH;
  const platform = createProcessPlatform(process.platform);
  const supervisor = new Supervisor({
    platform,
    environment,
    loginPath,
    watchdog: undefined,
    clock: systemClock,
    logger,
  });
  const helpers = new HelperProcesses({ supervisor, platform, folder: root, clock: systemClock, logger });
  const { url, tokenFile } = options;
  const configured = url !== undefined && tokenFile !== undefined ? { url, tokenFile } : undefined;
  const find = async () => ({ ok: true as const, value: PROGRAM });
  const gateway = new SharedGateway({ configured, find, environment, helpers, clock, logger });
  opened.push(gateway);
  const provider = (more: Partial<OpenClawProviderOptions> = {}) => {
    const made = new OpenClawProvider({ command: PROGRAM, environment, loginPath, helpers, clock, logger, ...more });
    opened.push(made);
    return made;
  };
  return { gateway, provider };
}

const starts = (): string => path.join(root, 'starts');
const started = (): number => (existsSync(starts()) ? readFileSync(starts(), 'utf8').trim().split('\n').length : 0);
/** Those that the bridge started: they alone are told their secret by a file. */
const ownGateways = () => processesWith(`${root}/openclaw-gateway.secret`);

function configure(gateway: object): void {
  mkdirSync(path.join(root, '.openclaw'), { recursive: true });
  writeFileSync(path.join(root, '.openclaw/openclaw.json'), JSON.stringify({ gateway }));
}

async function leaseOf(gateway: SharedGateway): Promise<GatewayLease> {
  const leased = await gateway.lease();
  if (!leased.ok) throw new Error(leased.error.message);
  return leased.value;
}

/** A gateway that the user runs, with a token. */
async function startForeign(token: string): Promise<number> {
  foreign = spawn(process.execPath, [PROGRAM, 'gateway', 'run', '--port', '0', '--token', token], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(foreign.stdout as NodeJS.ReadableStream, 'data');
  return Number(/LISTENING (\d+)/.exec(String(line))?.[1]);
}

test('several share one of ours, which ends when nothing has used it for ten minutes; the next gets a new one', async () => {
  const idle = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    setTimeout(callback, delayMs) {
      if (delayMs !== 600_000) return systemClock.setTimeout(callback, delayMs);
      idle.add(callback);
      return toDisposable(() => idle.delete(callback));
    },
  };
  const { gateway } = open({ clock });
  const leases = await Promise.all([leaseOf(gateway), leaseOf(gateway)]);
  expect([started(), ownGateways().length]).toEqual([1, 1]);
  leases[0].dispose();
  expect(idle.size).toBe(0);
  leases[1].dispose();
  expect(idle.size).toBe(1);
  (await leaseOf(gateway)).dispose();
  expect([started(), idle.size]).toEqual([1, 1]);
  for (const callback of idle) callback();
  const lease = await leaseOf(gateway);
  expect([started(), ownGateways().length]).toEqual([2, 1]);
  lease.dispose();
});

test('one that ended by itself is replaced', async () => {
  const { gateway } = open();
  const lease = await leaseOf(gateway);
  for (const { pid } of ownGateways()) process.kill(pid, 'SIGKILL');
  expect(await lease.connection.closed).toMatch(/closed the connection/);
  lease.dispose();
  await waitFor(
    () => (ownGateways().length === 0 ? true : undefined),
    () => 'it lives',
  );
  (await leaseOf(gateway)).dispose();
  expect(started()).toBe(2);
});

test('what an earlier life of the bridge left is ended before another is started', async () => {
  await leaseOf(open().gateway);
  opened.pop();
  const left = ownGateways().map(({ pid }) => pid);
  await leaseOf(open().gateway);
  expect(left).toHaveLength(1);
  expect(ownGateways().map(({ pid }) => pid)).not.toContain(left[0]);
  expect(ownGateways()).toHaveLength(1);
});

test('its secret stands neither in its environment nor, once it runs, in a file', async () => {
  await leaseOf(open().gateway);
  const [own] = ownGateways();
  const environment = readFileSync(`/proc/${own?.pid}/environ`, 'utf8');
  expect(environment).toMatch(/CTRLNODE_TASK=helper-openclaw-gateway-/);
  expect(environment).not.toMatch(/TOKEN|PASSWORD|[0-9a-f]{64}/);
  expect(readdirSync(root)).not.toContain('openclaw-gateway.secret');
});

test('one that does not start says why, and is tried again', async () => {
  const { gateway } = open({ env: { FAKE_OPENCLAW: 'fails' } });
  const message = "OpenClaw's gateway did not start: it ended. gateway already running (pid 1)";
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await gateway.lease()).toEqual({ ok: false, error: { code: 'spawn_failed', message } });
  }
});

test("the user's own gateway is used if it answers, and never ended", async () => {
  configure({ port: await startForeign('hers'), auth: { mode: 'token', token: 'hers' } });
  const { gateway, provider } = open();
  const lease = await leaseOf(gateway);
  expect(lease.connection.version).toBe('2026.9.6');
  expect(await provider().discover(new AbortController().signal)).toMatchObject({ version: '2026.9.6' });
  await gateway.dispose();
  expect([started(), ownGateways().length, foreign?.exitCode]).toEqual([0, 0, null]);
});

test('a gateway that the user names is used with the token in its file; none is started beside it', async () => {
  const tokenFile = path.join(root, 'token');
  writeFileSync(tokenFile, 'named\n');
  const url = `ws://127.0.0.1:${await startForeign('named')}`;
  (await leaseOf(open({ url, tokenFile }).gateway)).dispose();
  foreign?.kill('SIGKILL');
  await once(foreign as ChildProcess, 'exit');
  expect(await open({ url, tokenFile }).gateway.lease()).toMatchObject({
    error: { message: expect.stringContaining('cannot be reached') },
  });
  expect(started()).toBe(0);
});

/** A turn of a task, whose raw log is `root/log`. */
async function startRun(provider: OpenClawProvider, sessionId: string | null = null): Promise<AgentRun> {
  const launch = launchOf({ taskId: 't', provider: 'openclaw' });
  const paths = { folder: root, taskFile: '', artifacts: '' };
  const openLog = () => openFile(path.join(root, 'log'), 'a');
  const spawn = () => Promise.reject(new Error('It has no process of its own.'));
  const turn = { cwd: root, prompt: 'Do it.', sessionId, logOffset: 0 };
  const run = await provider.start({
    taskId: 't',
    launch,
    paths,
    ...turn,
    clock: systemClock,
    giveUp: () => undefined,
    logger,
    openLog,
    spawn,
  });
  if (!run.ok) throw new Error(run.error.message);
  return run.value;
}

const linesOfLog = () => readFileSync(path.join(root, 'log'), 'utf8').trimEnd().split('\n');

test('a turn can be interrupted while the gateway starts; a stop of the bridge ends that start', async () => {
  const provider = open({ env: { FAKE_OPENCLAW: 'mute' } }).provider();
  const run = await startRun(provider);
  expect(run.interrupt()).toBe(true);
  expect(await run.process.exited).toBe(null);
  await provider.dispose();
});

test('an interrupted turn is ended in the gateway, and its session forgets what was said if that was asked', async () => {
  const asked = path.join(root, 'asked');
  const provider = open({ env: { FAKE_OPENCLAW_ASKED: asked } }).provider();
  const run = await startRun(provider);
  const methods = () => (existsSync(asked) ? readFileSync(asked, 'utf8').split('\n') : []);
  await waitFor(
    () => (methods().includes('chat.send') ? true : undefined),
    () => methods().join(),
  );
  const reset = provider.actions.openclaw_reset_context?.({ taskId: 't' });
  if (!reset?.ok) throw new Error('It takes no such action.');
  await reset.value.run({} as never);
  expect(methods()).not.toContain('sessions.reset');
  run.interrupt();
  await run.process.exited;
  expect(methods().filter((method) => /^(chat\.abort|sessions\.reset)$/.test(method))).toEqual([
    'chat.abort',
    'sessions.reset',
  ]);
  await provider.dispose();
});

test('a gateway that dies in a turn fails the task', async () => {
  const provider = open().provider();
  const run = await startRun(provider);
  await waitFor(
    () => (linesOfLog()[0]?.includes('"event":"run"') ? true : undefined),
    () => linesOfLog().join(),
  );
  for (const { pid } of ownGateways()) process.kill(pid, 'SIGKILL');
  await run.process.exited;
  const events = run.receive(readFileSync(path.join(root, 'log')));
  expect(events.at(-1)).toMatchObject({
    verdict: { state: 'failed', reason: { message: expect.stringContaining('connection to OpenClaw') } },
  });
  await provider.dispose();
});

test('a session that OpenClaw does not know any more is told as lost, and not begun anew unasked', async () => {
  const { provider } = open({ env: { FAKE_OPENCLAW: 'forgets' } });
  const own = provider();
  const run = await startRun(own, 'agent:main:ctrlnode-t');
  await run.process.exited;
  expect(linesOfLog().map((line) => JSON.parse(line))).toMatchObject([{ reason: { code: 'session_lost' } }]);
  await own.dispose();
});

test.each([
  ['a token that the gateway refuses', {}, 'other', 'providers.openclaw.gateway'],
  ['a program that is not there', { command: '/nowhere/openclaw' }, undefined, 'npm install -g openclaw'],
  ['a Node.js that is too old', { environment: { FAKE_OPENCLAW: 'old-node' } }, undefined, 'needs a newer Node.js'],
])('discovery says what to do about %s', async (_, more, token, words) => {
  if (token !== undefined) configure({ port: await startForeign('hers'), auth: { token } });
  const environment = { PATH: process.env.PATH ?? '', HOME: root, ...('environment' in more && more.environment) };
  const provider = open().provider({ ...more, environment });
  const status = await provider.discover(new AbortController().signal);
  expect(status.problem).toContain(words);
  await provider.dispose();
});
