import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { drop } from '../../src/base/drop.ts';
import { codeOf } from '../../src/base/errors.ts';
import { GroupCommitter } from '../../src/control-plane/sessions/group-committer.ts';
import { commitSegments } from '../../src/control-plane/store/commit-segments.ts';
import { insertDevice } from '../../src/control-plane/store/devices.ts';
import { findStream, readSegments } from '../../src/control-plane/store/streams.ts';
import type { Segment } from '../../src/protocol/wire/frames.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { segmentOf } from './support/link.ts';
import { batchOf, openWithBridges, rangesOf } from './support/store.ts';

async function refusalOf(commit: Promise<unknown>): Promise<string | undefined> {
  return commit.then(
    () => undefined,
    (error: unknown) => codeOf(error),
  );
}

test('a gap, an overlap and a link that was superseded are refused with nothing done', async () => {
  const { db } = await openWithBridges(['b1']);
  const at = (first: number, last: number, stream = 'bridge') => segmentOf(stream, 'epochaaaa', [first, last]);
  await commitSegments(db, [batchOf('b1', [at(1, 3)])]);
  const attempts: [ReturnType<typeof batchOf>, string][] = [
    [batchOf('b1', [at(1, 1, 'task:t'), at(5, 6)]), 'segment_gap'],
    [batchOf('b1', [at(1, 1, 'task:t'), at(3, 4)]), 'segment_gap'],
    [batchOf('b1', [at(1, 1, 'task:t'), at(4, 4), at(6, 6)]), 'segment_gap'],
    [batchOf('b1', [at(4, 4)], () => false), 'link_superseded'],
    [batchOf('b1', [at(1, 1, 'commands')]), 'stream_not_allowed'],
  ];
  for (const [batch, code] of attempts) expect(await refusalOf(commitSegments(db, [batch]))).toBe(code);
  expect(await rangesOf(db, 'b1', 'bridge')).toEqual(['epochaaaa 1-3']);
  expect(await findStream(db, 'b1', 'task:t')).toBeUndefined();
});

test('an epoch that comes back begins from 1, whatever was stored of it before', async () => {
  const { db } = await openWithBridges(['b1']);
  const at = (epoch: string, first: number, last: number) => segmentOf('bridge', epoch, [first, last]);
  await commitSegments(db, [batchOf('b1', [at('epochaaaa', 1, 2), at('epochaaaa', 3, 3)])]);
  await commitSegments(db, [batchOf('b1', [at('epochbbbb', 1, 1), at('epochaaaa', 1, 1), at('epochaaaa', 2, 2)])]);
  expect(await rangesOf(db, 'b1', 'bridge')).toEqual(['epochaaaa 1-1', 'epochaaaa 2-2']);
  expect((await findStream(db, 'b1', 'bridge'))?.cursor).toBe(2);
});

test('one bad batch harms nobody that committed together with it', async () => {
  const { db, log } = await openWithBridges(['b1', 'b2', 'b3']);
  const committed: string[] = [];
  const committer = new GroupCommitter({
    db,
    log,
    clock: systemClock,
    onDidForesee: () => {},
    onDidCommit: ({ bridgeId }) => committed.push(bridgeId),
  });
  const results = await Promise.allSettled([
    committer.commit(batchOf('b1', [segmentOf('bridge', 'epochaaaa', [1, 1])])),
    committer.commit(batchOf('b2', [segmentOf('bridge', 'epochaaaa', [7, 7])])),
    committer.commit(batchOf('b3', [segmentOf('bridge', 'epochaaaa', [1, 1])])),
    committer.commit(batchOf('b1', [segmentOf('bridge', 'epochaaaa', [2, 2])])),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(committed).toEqual(['b1', 'b3', 'b1']);
  expect(await rangesOf(db, 'b1', 'bridge')).toEqual(['epochaaaa 1-1', 'epochaaaa 2-2']);
  expect(await rangesOf(db, 'b2', 'bridge')).toEqual([]);
});

test('rows of version 0.1, which kept base64 text, are read as they came', async () => {
  const { db } = await openWithBridges(['b1']);
  const segments = [segmentOf('task:t', 'epochaaaa', [1, 1]), segmentOf('task:t', 'epochaaaa', [2, 2])];
  await commitSegments(db, [batchOf('b1', segments)]);
  const first = db.updateTable('segments').where('last', '=', 1);
  await first.set({ body: segments[0]?.body ?? '' }).execute();
  const kinds = await sql<{ kind: string }>`select typeof(body) as kind from segments order by last`.execute(db);
  expect(kinds.rows.map(({ kind }) => kind)).toEqual(['text', 'blob']);
  const read = await readSegments(db, { bridgeId: 'b1', stream: 'task:t', epoch: 'epochaaaa' }, 0, 10);
  expect(read).toEqual(segments);
});

const piece = fc.record({
  stream: fc.constantFrom('bridge', 'task:t'),
  epoch: fc.constantFrom('epochaaaa', 'epochbbbb'),
  first: fc.integer({ min: 1, max: 6 }),
  length: fc.integer({ min: 0, max: 3 }),
});

/** What must be stored: per stream one epoch, one list of ranges without gap or overlap. */
class Model {
  streams = new Map<string, { epoch: string; ranges: [number, number][] }>();

  /** The state after the batch, or undefined if it must be refused. */
  after(batch: readonly Segment[]): Model | undefined {
    const next = new Model();
    for (const [name, { epoch, ranges }] of this.streams) next.streams.set(name, { epoch, ranges: [...ranges] });
    for (const { stream, epoch, first, last } of batch) {
      const known = next.streams.get(stream);
      const state = known?.epoch === epoch ? known : { epoch, ranges: [] };
      const cursor = state.ranges.at(-1)?.[1] ?? 0;
      if (last <= cursor) continue;
      if (first !== cursor + 1) return undefined;
      state.ranges.push([first, last]);
      next.streams.set(stream, state);
    }
    return next;
  }
}

test('whatever comes, the stored stream is one epoch from 1 to its cursor', async () => {
  const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
  console.log(`commit-segments: FC_SEED=${seed}`);
  const { db } = await openWithBridges(['seed']);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), async (batches) => {
      const bridgeId = `run-${++run}`;
      await insertDevice(db, { deviceId: bridgeId, kind: 'bridge', publicKey: '', accountId: 'a', now: 1 });
      let model = new Model();
      for (const pieces of batches) {
        const batch = pieces.map(({ stream, epoch, first, length }) =>
          segmentOf(stream, epoch, [first, first + length]),
        );
        const next = model.after(batch);
        expect(await refusalOf(commitSegments(db, [batchOf(bridgeId, batch)]))).toBe(next ? undefined : 'segment_gap');
        model = next ?? model;
      }
      for (const [stream, { epoch, ranges }] of model.streams) {
        expect(await rangesOf(db, bridgeId, stream)).toEqual(
          ranges.map(([first, last]) => `${epoch} ${first}-${last}`),
        );
        expect((await findStream(db, bridgeId, stream))?.cursor).toBe(ranges.at(-1)?.[1]);
      }
      const stored = await db.selectFrom('segments').select('stream').where('bridge_id', '=', bridgeId).execute();
      expect(stored.length).toBe([...model.streams.values()].reduce((sum, { ranges }) => sum + ranges.length, 0));
    }),
    { numRuns: 150, seed },
  );
});

test('commits are some milliseconds apart while little comes at a time, and the first after a while waits for nothing', async () => {
  const { db, log } = await openWithBridges(['a', 'b']);
  const clock = new VirtualClock();
  const committer = new GroupCommitter({ db, log, clock, onDidForesee: () => {}, onDidCommit: () => {} });
  await committer.gather(0);
  const told: string[] = [];
  for (const link of ['a', 'b'])
    drop(
      committer.gather(0).then(() => told.push(link)),
      () => {},
    );
  await clock.advance(4);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  await clock.advance(1);
  await expect.poll(() => told).toEqual(['a', 'b']);
  // So much that its sender would wait.
  await committer.gather(64 * 1024);
  await clock.advance(5);
  await committer.gather(0);
});
