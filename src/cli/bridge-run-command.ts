import { hostname } from 'node:os';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import { type Bridge, createBridge } from '../bridge/bridge.ts';
import { withExtraWorkspaces } from '../bridge/config/extra-workspaces.ts';
import { loadConfig } from '../bridge/config/load.ts';
import type { BridgeConfig } from '../bridge/config/schema.ts';
import type { DataDir } from '../bridge/host/data-dir.ts';
import { environmentOf } from '../bridge/host/environment.ts';
import { createFileLogger } from '../bridge/host/file-logger.ts';
import { createFileSecretStore } from '../bridge/store/secret-store.ts';
import { collectGarbage, giveBackMemoryAtRest } from './give-back-memory.ts';
import { aborted, runHost, tellParent } from './host-process.ts';
import { connectionWords } from './words.ts';

export interface BridgeRunOptions {
  readonly dataDir: DataDir;
  readonly server?: string;
  readonly name?: string;
  /** `name=path` each. */
  readonly workspaces: readonly string[];
  readonly tasksAtOnce?: number;
}

/** `ctrlnode bridge run`: the headless host of the engine. Runs until stopped. */
export function runBridge(options: BridgeRunOptions): Promise<void> {
  return runHost(async (stop) => {
    const bridge = await openBridge(options);
    let line = '';
    bridge.onDidChange((snapshot) => {
      tellParent({ type: 'bridge-changed', snapshot });
      if (process.connected) return;
      const next = connectionWords(snapshot.connection, Date.now());
      // The state, not each measured round trip.
      if (next.split(',')[0] !== line.split(',')[0]) process.stdout.write(`${next}\n`);
      line = next;
    });
    tellParent({ type: 'bridge-ready', snapshot: bridge.snapshot });
    if (!process.connected) process.stdout.write(`${connectionWords(bridge.snapshot.connection, Date.now())}\n`);
    const giving = giveBackMemoryAtRest({
      onDidChange: bridge.onDidChange,
      clock: systemClock,
      collect: collectGarbage,
    });
    await aborted(stop);
    giving.dispose();
    await bridge.stop();
  });
}

/** The engine of a data folder with its Node adapters. Whoever opens it must stop it. */
export async function openBridge(options: BridgeRunOptions): Promise<Bridge> {
  const bridgeDir = options.dataDir.bridge;
  const config = withOptions(loadConfig(bridgeDir), options);
  const logger = createFileLogger(path.join(bridgeDir, 'logs'), 'bridge', config.log.level);
  return createBridge({
    bridgeDir,
    config,
    host: 'headless',
    clock: systemClock,
    random: Math.random,
    logger,
    hostname: hostname(),
    environment: environmentOf(process.env),
    secrets: createFileSecretStore({ path: path.join(bridgeDir, 'secrets.json'), logger }),
    ...(options.server ? { serverOrigin: options.server } : {}),
  });
}

function withOptions(config: BridgeConfig, options: BridgeRunOptions): BridgeConfig {
  const { name, tasksAtOnce, workspaces } = options;
  return {
    ...withExtraWorkspaces(config, workspaces),
    ...(name !== undefined && { name }),
    ...(tasksAtOnce !== undefined && { limits: { ...config.limits, tasksAtOnce } }),
  };
}
