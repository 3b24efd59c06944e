import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mountSmallDisk } from '../support/small-disk.ts';
import { createAccount, pairBridge } from './support/account.ts';
import { launchOf } from './support/command.ts';
import { connect, segmentOf } from './support/link.ts';
import { openPage } from './support/page.ts';
import { createFolder, startServer } from './support/server.ts';
import { waitFor } from './support/wait.ts';

const EPOCH = 'epochaaaa';
const STREAM = 'task:t1';

test('a full disk: nothing is acknowledged, everybody is told, and it goes on by itself', async (context) => {
  const folder = await createFolder();
  const disk = mountSmallDisk(folder, 2_048);
  if (!disk) return context.skip('this user may not mount a tmpfs');
  onTestFinished(() => disk.unmount());
  const server = await startServer({ dataDir: disk.path });
  const account = await createAccount(server);
  const bridge = await pairBridge(server, account.owner);
  const link = await connect(server, bridge);
  const page = await openPage(server, account.owner);
  link.segment(segmentOf(STREAM, EPOCH, [1, 1]));
  await link.ack(STREAM, 1);

  const ballast = path.join(disk.path, 'ballast');
  // As much of it as there is room for.
  expect(() => writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
  const body = 'x'.repeat(12_000);
  for (let at = 2; at <= 200 && !link.closed; at++) {
    link.segment(segmentOf(STREAM, EPOCH, [at, at], {}, body));
    await waitFor(() => link.closed || link.ofType('ack').some((ack) => ack.cursor >= at), `segment ${at}`);
  }
  expect(await link.end()).toEqual({ code: 4507, reason: 'the disk cannot be written' });
  const acked = Math.max(...link.ofType('ack').map((ack) => ack.cursor));
  const refused = launchOf(account, bridge);
  page.send({ type: 'command', envelope: refused });
  expect(await page.next('command_refused')).toMatchObject({
    commandId: refused.commandId,
    code: 'storage_failed',
    message: expect.stringContaining('control plane'),
  });

  rmSync(ballast);
  const streams = [{ stream: STREAM, epoch: EPOCH, end: acked + 1 }];
  const second = await connect(server, bridge, { streams });
  expect((await second.next('welcome')).cursors).toContainEqual({ stream: STREAM, epoch: EPOCH, cursor: acked });
  second.segment(segmentOf(STREAM, EPOCH, [acked + 1, acked + 1], {}, body));
  await second.ack(STREAM, acked + 1);
  page.send({ type: 'command', envelope: refused });
  await page.next('command_accepted', (frame) => frame.commandId === refused.commandId);
  page.send({ type: 'subscribe', subscriptionId: 's', bridgeId: bridge.deviceId, stream: STREAM, after: 0 });
  await page.next('caught_up');
  expect(page.numbersOf('s')).toEqual(Array.from({ length: acked + 1 }, (_each, at) => `${at + 1}-${at + 1}`));
  expect(page.closed).toBeUndefined();
});
