/**
 * The whole product on loopback, as `npm start -- --json --no-open --port 0` runs it, with a browser-side client that
 * paired through the printed link. For the demo, the benchmark and end-to-end tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/base/clock.ts';
import type { WebIdentity } from '../../src/client/identity.ts';
import { createWebClient, type WebClient } from '../../src/client/web-client.ts';
import { join } from '../../src/sealing/pairing-client.ts';
import { endWithParent } from './end-with-parent.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface ReadyLine {
  readonly ready: true;
  readonly url: string;
  readonly controlPlane: { readonly pid: number; readonly port: number };
  readonly bridge: { readonly id: string; readonly state: string; readonly host: string };
  readonly dataDir: string;
}

export interface StackOptions {
  /** A temporary folder, removed at the end, if it is left out. */
  readonly dataDir?: string;
  /** Text of `bridge/config.json`. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** What `up` is told about the tray app: by default that it is not wanted, wherever the tests run. */
  readonly tray?: readonly string[];
}

export interface Stack {
  readonly ready: ReadyLine;
  readonly origin: string;
  readonly dataDir: string;
  /** `up` itself, in a process group of its own. */
  readonly process: ChildProcess;
  /** What `up` wrote to standard error so far. */
  readonly stderr: () => string;
  /** Pairs one more browser-side client; the printed link is good for the first. */
  pairClient(link?: string): Promise<{ client: WebClient; identity: WebIdentity }>;
  /** Ctrl-C. Resolves with how long it took, in milliseconds. */
  stop(): Promise<number>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'ctrlnode-stack-'));
  if (options.config) writeConfig(dataDir, options.config);
  const args = ['up', '--json', '--no-open', '--port', String(options.port ?? 0), '--data', dataDir];
  const child = spawn(process.execPath, [MAIN, ...args, ...(options.tray ?? ['--no-tray'])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    // As a shell starts it: what a terminal sends to all of them goes to this group.
    detached: true,
  });
  endWithParent(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ready = await readyLine(child, () => stderr).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const origin = new URL(ready.url).origin;
  const clients: WebClient[] = [];
  return {
    ready,
    origin,
    dataDir,
    process: child,
    stderr: () => stderr,
    async pairClient(link = ready.url) {
      const identity = await joinAsBrowser(link);
      const client = createWebClient({ origin, identity });
      clients.push(client);
      client.start();
      await client.when(
        (state) => state.isLoaded && state.bridges.some((bridge) => bridge.isOnline && bridge.info !== null),
        15_000,
      );
      return { client, identity };
    },
    async stop() {
      for (const client of clients) client.dispose();
      const startedAt = performance.now();
      await stopProcess(child);
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
      return performance.now() - startedAt;
    },
  };
}

export async function joinAsBrowser(link: string, name = 'Browser of a test'): Promise<WebIdentity> {
  const joined = await join({
    link,
    kind: 'device',
    deviceKind: 'browser',
    name,
    fetch,
    clock: systemClock,
    signal: AbortSignal.timeout(20_000),
  });
  if (!joined.ok) throw new Error(joined.error.message);
  const { serverId, accountId, deviceId, deviceKey, key } = joined.value;
  return { serverId, accountId, accountKey: key, deviceId, deviceKey };
}

function writeConfig(dataDir: string, config: object): void {
  mkdirSync(path.join(dataDir, 'bridge'), { recursive: true });
  writeFileSync(path.join(dataDir, 'bridge', 'config.json'), JSON.stringify(config, null, 2));
}

function readyLine(child: ChildProcess, stderr: () => string): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Not ready in ${START_TIMEOUT_MS} ms. ${stderr()}`)),
      START_TIMEOUT_MS,
    );
    if (!child.stdout) throw new Error('No standard output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line) as ReadyLine);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`Ended before it was ready (${signal ?? code}). ${stderr()}`));
    });
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}
