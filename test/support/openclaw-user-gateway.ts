import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { endWithParent } from './end-with-parent.ts';
import { writeOpenClawHome } from './openclaw-home.ts';
import { processesWith } from './processes.ts';
import { until } from './until.ts';

// On a busy machine; it takes 8 to 15 s on two free cores.
const READY_MS = 110_000;
const ENDED_MS = 5_000;
// Nothing that belongs to a person's everyday use, such as channels and scheduled work.
const QUIET = {
  OPENCLAW_DISABLE_BONJOUR: '1',
  OPENCLAW_NO_AUTO_UPDATE: '1',
  OPENCLAW_NO_RESPAWN: '1',
  OPENCLAW_SKIP_CHANNELS: '1',
  OPENCLAW_SKIP_CRON: '1',
};

export interface UserGateway {
  readonly home: string;
  /** Nothing of it is left then. */
  stop(): Promise<void>;
}

/** The real gateway as a user has it running, in a home of its own, with its model faked. Bridges find it by that home. */
export async function startUserGateway(program: string, modelUrl: string): Promise<UserGateway> {
  const root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', `openclaw-gateway-${process.pid}`);
  const home = path.join(root, 'home');
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const auth = { mode: 'token', token: randomBytes(16).toString('hex') };
  writeOpenClawHome(home, modelUrl, { mode: 'local', port, bind: 'loopback', auth });
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(process.execPath, [program, 'gateway', 'run'], {
    cwd: home,
    stdio: 'ignore',
    env: { ...QUIET, PATH, LANG: 'C.UTF-8', HOME: home },
  });
  endWithParent(child);
  const stop = async (): Promise<void> => {
    await end(child);
    for (const { pid } of processesWith(`HOME=${home}`)) process.kill(pid, 'SIGKILL');
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await until("OpenClaw's gateway is ready", () => isReady(child, port), READY_MS);
    return { home, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isReady(child: ChildProcess, port: number): Promise<boolean> {
  if (hasEnded(child)) throw new Error("OpenClaw's gateway ended by itself.");
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

// With a turn that still runs it would wait for minutes.
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDED_MS);
  await gone;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('No port is free.');
  return address.port;
}
