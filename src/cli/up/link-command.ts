import path from 'node:path';
import { CodedError } from '../../base/errors.ts';
import type { DataDir } from '../../bridge/host/data-dir.ts';
import { createWebClient } from '../../client/web-client.ts';
import { snapshotSchema } from '../../protocol/ui/snapshot.ts';
import { LocalClient } from '../local-client.ts';
import { createFileStore, readDevice } from './first-device.ts';

const CONNECT_TIMEOUT_MS = 15_000;

/** `ctrlnode link`: prints one more link for a browser, and waits until it was used or has expired. */
export async function printDeviceLink(dataDir: DataDir, print: (text: string) => void): Promise<void> {
  const identity = readDevice(dataDir.deviceFile);
  if (!identity)
    throw new CodedError('device_unknown', `There is no account in ${dataDir.root} yet. Start one with "ctrlnode up".`);
  const { server } = snapshotSchema.parse(await new LocalClient(dataDir).get('/status'));
  if (!server) throw new CodedError('bridge_unpaired', 'This machine is not paired with a control plane yet.');
  const client = createWebClient({
    origin: server,
    identity,
    storage: createFileStore(path.join(dataDir.root, 'device-state.json')),
  });
  try {
    client.start();
    await client.when((state) => state.isLoaded, CONNECT_TIMEOUT_MS);
    const invitation = await client.invite('device');
    print(`Open this once, within 10 minutes:\n\n  ${invitation.link}\n\nWaiting for it to be opened …`);
    print(`Paired with ${(await invitation.completed).name}.`);
  } finally {
    client.dispose();
  }
}
