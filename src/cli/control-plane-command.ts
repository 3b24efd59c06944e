import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { DataDir } from '../bridge/host/data-dir.ts';
import { createFileLogger } from '../bridge/host/file-logger.ts';
import { createControlPlane } from '../control-plane/control-plane.ts';
import { serverInfoSchema } from '../protocol/wire/pairing.ts';
import { formatSetupLink } from '../sealing/setup-link.ts';
import { aborted, runHost, tellParent } from './host-process.ts';
import { type KeepOutput, outputLimitsOf } from './keep-output.ts';

export interface ControlPlaneOptions {
  readonly dataDir: DataDir;
  readonly host: string;
  readonly port: number;
  /** Names besides addresses and localhost that it is asked for, such as that of a proxy before it. */
  readonly allowedHosts: readonly string[];
  readonly keepOutput: KeepOutput;
}

/** `ctrlnode control-plane`: serves until stopped. */
export function runControlPlane(options: ControlPlaneOptions): Promise<void> {
  return runHost(async (stop) => {
    const logger = createFileLogger(path.join(options.dataDir.controlPlane, 'logs'), 'control-plane', 'info');
    const setupSecret = takeSetupSecret() ?? randomBytes(32).toString('base64url');
    const controlPlane = await createControlPlane({
      dataDir: options.dataDir.controlPlane,
      host: options.host,
      port: options.port,
      outputLimits: outputLimitsOf(options.keepOutput),
      ...webRootOption(),
      logger,
      clock: systemClock,
      setupSecret,
      ...(options.allowedHosts.length > 0 && { allowedHosts: options.allowedHosts }),
    });
    const { port, origin, serverId } = controlPlane;
    tellParent({ type: 'control-plane-ready', port, origin, serverId });
    if (!process.connected) await announce(origin, setupSecret);
    await aborted(stop);
    await controlPlane.close();
  });
}

async function announce(origin: string, setupSecret: string): Promise<void> {
  const { hasAccount } = serverInfoSchema.parse(await (await fetch(`${origin}/api/server`)).json());
  const lines = [`CTRL NODE control plane at ${origin}`];
  if (!hasAccount) {
    lines.push('There is no account yet. Open this in your browser; it becomes your first device and makes the key:');
    lines.push('', `  ${formatSetupLink(origin, setupSecret)}`, '');
  }
  process.stdout.write(`${lines.join('\n')}\nPress Ctrl-C to stop it.\n`);
}

// In the environment rather than in the arguments, which every user of the machine can read; gone once read, so that no
// child inherits it.
function takeSetupSecret(): string | undefined {
  const secret = process.env.CTRLNODE_SETUP_SECRET;
  delete process.env.CTRLNODE_SETUP_SECRET;
  return secret;
}

function webRootOption(): { webRoot?: string } {
  const webRoot = path.join(import.meta.dirname, '..', 'web');
  return existsSync(path.join(webRoot, 'index.html')) ? { webRoot } : {};
}
