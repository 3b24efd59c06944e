import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import { createControlPlane } from '../control-plane/control-plane.ts';
import type { DataDir } from './data-dir.ts';
import { aborted, runHost, tellParent } from './host-process.ts';
import { createFileLogger } from './logging.ts';

export interface ControlPlaneOptions {
  readonly dataDir: DataDir;
  readonly host: string;
  readonly port: number;
}

/** `ctrlnode control-plane`: serves until stopped. */
export function runControlPlane(options: ControlPlaneOptions): Promise<void> {
  return runHost(async (stop) => {
    const logger = await createFileLogger(path.join(options.dataDir.controlPlane, 'logs'), 'control-plane', 'info');
    const setupSecret = takeSetupSecret();
    const controlPlane = await createControlPlane({
      dataDir: options.dataDir.controlPlane,
      host: options.host,
      port: options.port,
      ...webRootOption(),
      logger,
      clock: systemClock,
      ...(setupSecret ? { setupSecret } : {}),
    });
    const { port, origin, serverId } = controlPlane;
    tellParent({ type: 'control-plane-ready', port, origin, serverId });
    if (!process.connected) process.stdout.write(`CTRL NODE control plane at ${origin}\nPress Ctrl-C to stop it.\n`);
    await aborted(stop);
    await controlPlane.close();
  });
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
