import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { type Clock, sleep } from '../../../base/clock.ts';
import { CodedError, codeOf, messageOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { HelperProcesses } from '../supervisor/helper-processes.ts';
import type { SupervisedProcess } from '../supervisor/process.ts';
import { GatewayConnection, type GatewayTarget } from './gateway-connection.ts';

export interface OwnGatewayOptions {
  /** Absolute path of the program. */
  readonly file: string;
  readonly helpers: HelperProcesses;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface OwnGateway {
  readonly target: GatewayTarget;
  readonly process: SupervisedProcess;
}

export const GATEWAY_HELPER = 'openclaw-gateway';

// Measured: 8 to 15 seconds on two free cores, more than a minute on busy ones.
const READY_MS = 180_000;
const RETRY_MS = 250;
// What is the user's own gateway's business is left to it: channels, scheduled work, heartbeats, updates.
const ENVIRONMENT = {
  OPENCLAW_DISABLE_BONJOUR: '1',
  OPENCLAW_NO_AUTO_UPDATE: '1',
  OPENCLAW_NO_RESPAWN: '1',
  OPENCLAW_SKIP_CHANNELS: '1',
  OPENCLAW_SKIP_CRON: '1',
};

/** Starts a gateway and waits until it answers. Nothing is left of one that does not. */
export async function startOwnGateway(options: OwnGatewayOptions): Promise<Result<OwnGateway, Reason>> {
  const { helpers, file } = options;
  const password = randomBytes(32).toString('hex');
  // In a file that goes away again, because shell tools of its agents inherit the gateway's environment: with the secret
  // in it an agent could answer its own questions.
  const secretFile = path.join(helpers.folder, `${GATEWAY_HELPER}.secret`);
  try {
    await writeFile(secretFile, password, { mode: 0o600 });
    const port = await freePort();
    const started = await helpers.start(GATEWAY_HELPER, {
      file,
      args: argumentsOf(port, secretFile),
      env: ENVIRONMENT,
      stdin: 'ignore',
    });
    if (!started.ok) return started;
    const gateway = { target: { url: `ws://127.0.0.1:${port}`, auth: { password } }, process: started.value };
    const problem = await untilReady(gateway, options);
    if (problem === undefined) return ok(gateway);
    await helpers.stop(GATEWAY_HELPER, gateway.process);
    const lines = await helpers.lastLines(GATEWAY_HELPER, 3);
    return err({ code: 'spawn_failed', message: `OpenClaw's gateway did not start: ${problem} ${lines}`.trim() });
  } finally {
    await rm(secretFile, { force: true });
  }
}

function argumentsOf(port: number, secretFile: string): string[] {
  const auth = ['--auth', 'password', '--password-file', secretFile];
  const place = ['--port', String(port), '--bind', 'loopback', '--tailscale', 'off'];
  return ['gateway', 'run', '--allow-unconfigured', ...place, ...auth];
}

/** Why it will not be ready, or undefined as soon as it is. */
async function untilReady({ target, process }: OwnGateway, options: OwnGatewayOptions): Promise<string | undefined> {
  const { clock, signal } = options;
  let isGone = false;
  void process.exited.then(() => {
    isGone = true;
  });
  const endMs = clock.monotonicMs() + READY_MS;
  let problem = 'it did not answer in time.';
  while (clock.monotonicMs() < endMs) {
    if (signal.aborted) return 'it is not needed any more.';
    if (isGone) return 'it ended.';
    try {
      (await GatewayConnection.open(target, clock, signal)).dispose();
      return undefined;
    } catch (error) {
      problem = messageOf(error);
      if (!isStarting(error)) return problem;
    }
    await sleep(clock, RETRY_MS, signal).catch(() => undefined);
  }
  return problem;
}

/** Whether it makes sense to ask again. */
export function isStarting(error: unknown): boolean {
  const code = error instanceof CodedError ? error.code : codeOf(error);
  return code === 'unreachable' || code === 'UNAVAILABLE' || code === 'timeout';
}

// Another program could take it in between; then the gateway says so and ends.
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  server.close();
  await once(server, 'close');
  return port;
}
