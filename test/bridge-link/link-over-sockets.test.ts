import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { dial } from '../../src/bridge/link/dial.ts';
import { Link } from '../../src/bridge/link/link.ts';
import { openCommandSide } from '../bridge-store/support/command-side.ts';
import { createTestDevice, sealLaunch } from '../bridge-store/support/commands.ts';
import {
  logger,
  makeTempDir,
  type OpenedStore,
  onCleanup,
  openStore,
  recordsOf,
  text,
} from '../bridge-store/support/fixtures.ts';
import { startAccepter } from './support/accepter.ts';

const device = createTestDevice('d1');
const target = (origin: string) => ({ origin, createToken: () => 'token' });

function openLink({ log, state }: OpenedStore, dataDir: string) {
  const side = openCommandSide({ state, dataDir, journal: log.bridgeJournal, device, clock: systemClock });
  const link = new Link({
    log,
    cursors: side.inbox,
    dial,
    clock: systemClock,
    random: () => 0.02,
    logger,
    queueDepth: () => log.queueDepth(),
    load: () => 0,
  });
  onCleanup(() => link.stop());
  return { link, side };
}

test('through cuts of the link every record arrives once and in order, and every command runs once', async () => {
  const accepter = await startAccepter();
  const dataDir = makeTempDir();
  const store = await openStore(dataDir);
  const { link, side } = openLink(store, dataDir);
  const journals = await Promise.all(
    ['t1', 't2', 't3'].map((taskId) => store.log.openTaskJournal(taskId, join(dataDir, taskId))),
  );
  link.setTarget(target(accepter.origin));
  let commands = 0;
  for (let round = 1; round <= 12; round++) {
    for (let n = 1; n <= 200; n++) for (const journal of journals) journal.append(text(`${journal.end + 1}`));
    accepter.send(sealLaunch(device, `task-${++commands}`));
    await Promise.all(journals.map((journal) => journal.flush()));
    if (round % 3 === 0) {
      const before = accepter.connections;
      accepter.cut();
      await expect.poll(() => accepter.connections, { timeout: 10_000 }).toBeGreaterThan(before);
    }
  }
  await expect
    .poll(() => store.log.queueDepth().records + (side.tasks.calls.length < 2 * commands ? 1 : 0), { timeout: 15_000 })
    .toBe(0);
  for (const journal of journals) {
    const segments = accepter.received.filter(({ stream }) => stream === journal.stream);
    const words = segments.flatMap(recordsOf).map(({ content }) => (content as { text: string }).text);
    expect(words).toEqual(Array.from({ length: 2_400 }, (_, index) => `${index + 1}`));
  }
  const launched = side.tasks.calls.filter(([what]) => what === 'launch').map(([, taskId]) => taskId);
  expect(launched).toEqual(Array.from({ length: commands }, (_, index) => `task-${index + 1}`));
  expect(accepter.connections).toBeGreaterThanOrEqual(5);
  expect(link.connection.state).toBe('online');
});

test('what was recorded before a restart of the engine arrives after it, and nothing that was acknowledged comes again', async () => {
  const accepter = await startAccepter();
  const dataDir = makeTempDir();
  const first = await openStore(dataDir);
  const before = openLink(first, dataDir);
  before.link.setTarget(target(accepter.origin));
  const journal = await first.log.openTaskJournal('t1', join(dataDir, 't1'));
  for (let n = 1; n <= 300; n++) journal.append(text('x'));
  await journal.flush();
  await expect.poll(() => first.log.queueDepth().records, { timeout: 10_000 }).toBe(0);
  await before.link.stop();
  journal.append(text('offline'));
  await journal.flush();
  before.side.inbox.dispose();
  await first.close();

  const second = await openStore(dataDir);
  expect(second.log.queueDepth().records).toBe(1);
  const after = openLink(second, dataDir);
  after.link.setTarget(target(accepter.origin));
  await expect.poll(() => second.log.queueDepth().records, { timeout: 10_000 }).toBe(0);
  const numbers = accepter.received.flatMap(recordsOf).map(({ n }) => n);
  expect(numbers).toEqual(Array.from({ length: 301 }, (_, index) => index + 1));
});
