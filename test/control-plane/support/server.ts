import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
} from '../../../src/control-plane/control-plane.ts';

export const SETUP_SECRET = 'setup-secret-of-the-test';

/** A folder that is removed with everything in it when the test ends. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ctrlnode-cp-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A control plane as its clients see it, in this process or another. */
export interface TestTarget {
  readonly origin: string;
  readonly serverId: string;
  readonly clock?: Clock;
}

export interface TestServer extends ControlPlane {
  readonly clock: Clock;
  readonly dataDir: string;
  /** Every event that was logged. */
  readonly events: readonly Record<string, unknown>[];
}

/** A control plane on a free port, closed when the test ends. */
export async function startServer(options: Partial<ControlPlaneOptions> = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await createFolder());
  const events: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void events.push(JSON.parse(line)) });
  const clock = options.clock ?? systemClock;
  const server = await createControlPlane({
    port: 0,
    logger,
    setupSecret: SETUP_SECRET,
    ...options,
    clock,
    dataDir,
  });
  onTestFinished(() => server.close());
  return { ...server, clock, dataDir, events };
}
