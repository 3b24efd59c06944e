import { codeOf } from '../base/errors.ts';
import type { DataDir } from '../bridge/host/data-dir.ts';
import { pairResponseSchema } from '../protocol/local/control.ts';
import type { Print } from './bridge-commands.ts';
import { openBridge } from './bridge-run-command.ts';
import { LocalClient } from './local-client.ts';

/** `ctrlnode bridge pair <link>`: by the running bridge, or, where none runs, here and now for the next one. */
export async function bridgePair(dataDir: DataDir, link: string, print: Print): Promise<void> {
  print('Pairing. Leave the page that made the link open …');
  const isRunning = await new LocalClient(dataDir).get('/status').then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'bridge_not_running') return false;
      throw error;
    },
  );
  const bridgeId = isRunning ? await pairRunning(dataDir, link) : await pairHere(dataDir, link);
  print(`Paired. This machine is ${bridgeId}.`);
  if (!isRunning) print('Start its bridge with: npx ctrlnode bridge run');
}

async function pairRunning(dataDir: DataDir, link: string): Promise<string> {
  return pairResponseSchema.parse(await new LocalClient(dataDir).post('/pair', { link })).bridgeId;
}

async function pairHere(dataDir: DataDir, link: string): Promise<string> {
  const bridge = await openBridge({ dataDir, workspaces: [] });
  try {
    return await bridge.pair(link);
  } finally {
    await bridge.stop();
  }
}
