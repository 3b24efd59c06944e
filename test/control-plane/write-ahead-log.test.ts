import { statSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createDeferred, type Deferred } from '../../src/base/deferred.ts';
import { drop } from '../../src/base/drop.ts';
import { codeOf } from '../../src/base/errors.ts';
import { createBridgeCursors } from '../../src/control-plane/sessions/bridge-cursors.ts';
import { GroupCommitter } from '../../src/control-plane/sessions/group-committer.ts';
import type { Database } from '../../src/control-plane/store/database.ts';
import type { WriteAheadLog } from '../../src/control-plane/store/write-ahead-log.ts';
import { segmentOf } from './support/link.ts';
import { batchOf, openWithBridges, rangesOf } from './support/store.ts';
import { waitFor } from './support/wait.ts';

const EPOCH = 'epochaaaa';
const STREAM = 'task:t';
const at = (first: number, last = first) => segmentOf(STREAM, EPOCH, [first, last]);

/** A disk whose flushes end when the test says so. */
class HeldDisk {
  readonly flushes: Deferred<void>[] = [];

  flush = (): Promise<void> => {
    const held = createDeferred<void>();
    this.flushes.push(held);
    return held.promise;
  };

  async nth(n: number): Promise<Deferred<void>> {
    return waitFor(() => this.flushes[n - 1], `flush ${n}`);
  }
}

function committerOver({ db, log }: { db: Database; log: WriteAheadLog }) {
  const told: string[] = [];
  const committer = new GroupCommitter({
    db,
    log,
    clock: systemClock,
    onDidForesee: () => {},
    onDidCommit: ({ segments }) => told.push(...segments.map(({ first, last }) => `${first}-${last}`)),
  });
  const ended: string[] = [];
  const commit = (first: number) => {
    const result = committer.commit(batchOf('b1', [at(first)])).then(
      () => void ended.push(`${first} done`),
      (error: unknown) => void ended.push(`${first} ${codeOf(error)}`),
    );
    drop(result, () => {});
    return result;
  };
  return { committer, told, ended, commit };
}

test('what is committed is acknowledged and told once the disk has it, and nothing else waits for that', async () => {
  const disk = new HeldDisk();
  const database = await openWithBridges(['b1'], disk.flush);
  const { committer, told, ended, commit } = committerOver(database);
  const isCurrent = () => true;
  const cursors = createBridgeCursors({ db: database.db, committer, bridgeId: 'b1', accountId: 'a', isCurrent });
  const first = commit(1);
  const flush = await disk.nth(1);
  expect(await rangesOf(database.db, 'b1', STREAM)).toEqual([`${EPOCH} 1-1`]);
  // To a bridge that comes back a cursor is an acknowledgement too.
  const asked = [
    cursors.cursors([{ stream: STREAM, epoch: EPOCH }]).then(([one]) => ended.push(`cursor ${one?.cursor}`)),
    cursors.known().then((all) => ended.push(`known ${all.length}`)),
  ];
  await database.db.updateTable('accounts').set({ created_at: 2 }).execute();
  expect([told, ended]).toEqual([[], []]);
  flush.resolve();
  await Promise.all([first, ...asked]);
  expect(told).toEqual(['1-1']);
  expect(ended.toSorted()).toEqual(['1 done', 'cursor 1', 'known 1']);
  expect(disk.flushes).toHaveLength(1);
});

test('a flush under way does not count for what was committed after it began', async () => {
  const disk = new HeldDisk();
  const { log } = await openWithBridges([], disk.flush);
  const ended: string[] = [];
  const flushed = async (name: string): Promise<void> => {
    await log.defer(async () => {});
    await log.flush();
    ended.push(name);
  };
  const one = flushed('one');
  const first = await disk.nth(1);
  const two = flushed('two');
  first.resolve();
  await one;
  const second = await disk.nth(2);
  expect(ended).toEqual(['one']);
  second.resolve();
  await two;
  await log.flush();
  expect(disk.flushes).toHaveLength(2);
});

test('after a flush that failed nothing is acknowledged until all is in the database file, and then all is told', async () => {
  const disk = new HeldDisk();
  const database = await openWithBridges(['b1'], disk.flush);
  const { told, ended, commit } = committerOver(database);
  const first = commit(1);
  (await disk.nth(1)).reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  await first;
  expect([told, ended]).toEqual([[], ['1 storage_failed']]);
  await commit(2);
  expect(told).toEqual(['1-1', '2-2']);
  // The next flush may be a lie, so none was asked for.
  expect(disk.flushes).toHaveLength(1);
  expect(statSync(database.log.path).size).toBe(0);
  const third = commit(3);
  (await disk.nth(2)).resolve();
  await third;
  expect(ended).toEqual(['1 storage_failed', '2 done', '3 done']);
});

test('only what is deferred goes without a flush of its own', async () => {
  const { db, log } = await openWithBridges([]);
  const level = async () =>
    (await sql<{ synchronous: number }>`select synchronous from pragma_synchronous`.execute(db)).rows[0]?.synchronous;
  const [normal, full] = [1, 2];
  expect(await level()).toBe(full);
  await log.defer(async () => expect(await level()).toBe(normal));
  await expect(log.defer(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await level()).toBe(full);
});
