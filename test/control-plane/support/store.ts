import { onTestFinished } from 'vitest';
import type { SegmentBatch } from '../../../src/control-plane/store/commit-segments.ts';
import { type Database, type OpenDatabase, openDatabase } from '../../../src/control-plane/store/database.ts';
import { insertDevice } from '../../../src/control-plane/store/devices.ts';
import { findStream, readSegments } from '../../../src/control-plane/store/streams.ts';
import type { Flush } from '../../../src/control-plane/store/write-ahead-log.ts';
import type { Segment } from '../../../src/protocol/wire/frames.ts';
import { createFolder } from './server.ts';

/** A database of its own with these bridges, all of account `a`. */
export async function openWithBridges(bridgeIds: readonly string[], flush?: Flush): Promise<OpenDatabase> {
  const { db, log } = await openDatabase(await createFolder(), flush);
  onTestFinished(async () => {
    log.close();
    await db.destroy();
  });
  await db.insertInto('accounts').values({ account_id: 'a', created_at: 1 }).execute();
  for (const deviceId of bridgeIds) {
    await insertDevice(db, { deviceId, kind: 'bridge', publicKey: deviceId, accountId: 'a', now: 1 });
  }
  return { db, log };
}

export function batchOf(bridgeId: string, segments: readonly Segment[], isCurrent = () => true): SegmentBatch {
  return { bridgeId, accountId: 'a', segments, isCurrent };
}

/** What is stored of a stream, as `<epoch> <first>-<last>`. */
export async function rangesOf(db: Database, bridgeId: string, stream: string): Promise<string[]> {
  const row = await findStream(db, bridgeId, stream);
  const rows = await readSegments(db, { bridgeId, stream, epoch: row?.epoch ?? '' }, 0, 10_000);
  return rows.map(({ epoch, first, last }) => `${epoch} ${first}-${last}`);
}
