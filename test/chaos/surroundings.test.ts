import { cpSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Program } from '../../scripts/chaos/program.ts';
import { createWorld, type World } from '../../scripts/chaos/world.ts';
import { resolveDataDir } from '../../src/bridge/host/data-dir.ts';
import { LocalClient } from '../../src/cli/local-client.ts';
import { snapshotSchema } from '../../src/protocol/ui/snapshot.ts';
import { onCleanup } from '../bridge-store/support/fixtures.ts';
import { until } from '../support/until.ts';

const openWorld = (): Promise<World> => createWorld(onCleanup);

async function connectionOf(folder: string) {
  return snapshotSchema.parse(await new LocalClient(resolveDataDir(folder)).get('/status')).connection;
}

test('a headless bridge whose machine slept leaves its dead link within seconds, and not after 45', async () => {
  const { proxies, programs } = await openWorld();
  const before = proxies.bridge.lastUpgrade;
  proxies.bridge.swallow(['up', 'down']);
  // As after a suspend: the wall clock went on, timers and the monotonic clock did not.
  programs.bridge.setClock(20_000);
  // Far less than the 45 s that a silent link is given.
  await until('the bridge dials again', () => proxies.bridge.lastUpgrade !== before, 20_000);
}, 120_000);

test('of two bridges with one identity the newer wins, and the older is told why and does not fight', async () => {
  const { disks, programs } = await openWorld();
  const first = disks.bridge.folder;
  await programs.bridge.stop();
  const second = path.join(first, 'copy');
  cpSync(path.join(first, 'bridge'), path.join(second, 'bridge'), { recursive: true });
  await programs.bridge.start();
  await until('the first is online', async () => (await connectionOf(first)).state === 'online');
  const copy = new Program({ name: 'copy', args: ['bridge', 'run', '--data', second] });
  onCleanup(() => copy.stop());
  await copy.start();
  await until('the copy is online', async () => (await connectionOf(second)).state === 'online');
  const told = await until('the first is told', async () => {
    const connection = await connectionOf(first);
    return connection.state === 'offline' && connection;
  });
  expect(told.problem).toContain('Another machine or program connected with this bridge’s identity.');
  expect(told.nextAttemptAt - told.since).toBe(600_000);
  expect((await connectionOf(second)).state).toBe('online');
}, 120_000);
