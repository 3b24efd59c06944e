/**
 * The effect and the cursor of what bridges sent, in one transaction (design section 4): rows, cursors, and what the
 * clear headers say. Here, in the database, is where "once and in order" is decided; the channel only spares traffic.
 */
import { CodedError } from '../../base/errors.ts';
import type { Segment } from '../../protocol/wire/frames.ts';
import { applyHeaders, type HeaderEffects } from './apply-headers.ts';
import { compiledOnce } from './compiled-once.ts';
import type { Database } from './database.ts';
import { planStream, type StreamPlan } from './plan-stream.ts';
import { removeSegments } from './remove-segments.ts';
import type { Row } from './schema.ts';
import { findStreams } from './streams.ts';

export interface SegmentBatch {
  readonly bridgeId: string;
  readonly accountId: string;
  readonly segments: readonly Segment[];
  /**
   * False, for good, once another connection of the bridge took the place of the one that this came from. Asked within
   * the transaction: the new connection reads its cursors after that, or before anything of the old one is written.
   */
  readonly isCurrent: () => boolean;
}

export interface CommittedBatch {
  readonly bridgeId: string;
  readonly accountId: string;
  /** Only what was new. */
  readonly segments: readonly Segment[];
  readonly effects: HeaderEffects;
  /** Segments whose header could not be read; they are stored, and no effect was taken from them. */
  readonly unreadableHeaders: number;
}

/** Records of the bridge's own stream that are kept before its newest snapshot. */
const KEEP_BEFORE_SNAPSHOT = 5_000;

/** Throws a CodedError (`segment_gap`, `cursor_moved`, `link_superseded`, `stream_not_allowed`) with nothing done. */
export async function commitSegments(
  db: Database,
  batches: readonly SegmentBatch[],
): Promise<readonly CommittedBatch[]> {
  return db.transaction().execute(async (tx) => {
    const committed: CommittedBatch[] = [];
    for (const batch of batches) committed.push(await commitBatch(tx, batch));
    return committed;
  });
}

async function commitBatch(tx: Database, batch: SegmentBatch): Promise<CommittedBatch> {
  if (!batch.isCurrent()) {
    throw new CodedError('link_superseded', 'Another connection of this bridge took the place of this one.');
  }
  const byStream = Map.groupBy(batch.segments, (segment) => segment.stream);
  const known = await findStreams(tx, batch.bridgeId, [...byStream.keys()]);
  const rows = new Map(known.map((row) => [row.stream, row]));
  const plans = [...byStream].map(([stream, segments]) => planStream(stream, rows.get(stream), segments));
  for (const plan of plans) if (plan.accepted.length > 0) await storeStream(tx, batch.bridgeId, plan);
  const headers = plans.flatMap((plan) => plan.headers);
  return {
    bridgeId: batch.bridgeId,
    accountId: batch.accountId,
    segments: plans.flatMap((plan) => plan.accepted),
    effects: await applyHeaders(tx, batch, headers),
    unreadableHeaders: plans.reduce((sum, plan) => sum + plan.unreadableHeaders, 0),
  };
}

async function storeStream(tx: Database, bridgeId: string, plan: StreamPlan): Promise<void> {
  const rows = plan.accepted.map((segment) => rowOf(bridgeId, segment));
  await moveCursor(tx, bridgeId, plan, bytesOf(rows));
  if (plan.isRestarted) await deleteStream(tx, bridgeId, plan.stream);
  for (const row of rows) await insertSegment(tx, row);
  if (plan.stream === 'bridge' && plan.hasNewSnapshot) await deleteBeforeSnapshot(tx, bridgeId, plan);
}

/** Guarded by what was read: with several nodes over one database, only one of two writers gets through. */
async function moveCursor(tx: Database, bridgeId: string, plan: StreamPlan, bytes: number): Promise<void> {
  const next = { epoch: plan.epoch, cursor: plan.cursor, snapshot_at: plan.snapshotAt };
  const row = { bridge_id: bridgeId, stream: plan.stream, ...next, bytes, removed_through: 0, removed_at: null };
  const changed = plan.before
    ? await moveStream(tx, row, plan)
    : (
        await tx
          .insertInto('streams')
          .values(row)
          .onConflict((conflict) => conflict.columns(['bridge_id', 'stream']).doNothing())
          .executeTakeFirst()
      ).numInsertedOrUpdatedRows;
  if (changed !== 1n) throw new CodedError('cursor_moved', 'Another connection of this bridge has moved the cursor.');
}

async function moveStream(tx: Database, row: Row<'streams'>, plan: StreamPlan): Promise<bigint | undefined> {
  const { before, isRestarted } = plan;
  const values = { ...row, epochBefore: before?.epoch ?? '', cursorBefore: before?.cursor ?? 0 };
  const moved = await (isRestarted ? restartStream(tx, values) : advanceStream(tx, values));
  return moved.numAffectedRows;
}

type StreamMove = Row<'streams'> & { epochBefore: string; cursorBefore: number };

const advanceStream = compiledOnce((db, row: StreamMove) =>
  updateOf(db, row).set((set) => ({ bytes: set('bytes', '+', row.bytes) })),
);

// What was removed of a log that ended says nothing of the one that took its place.
const restartStream = compiledOnce((db, row: StreamMove) =>
  updateOf(db, row).set({ bytes: row.bytes, removed_through: row.removed_through, removed_at: row.removed_at }),
);

function updateOf(db: Database, row: StreamMove) {
  return db
    .updateTable('streams')
    .set({ epoch: row.epoch, cursor: row.cursor, snapshot_at: row.snapshot_at })
    .where('bridge_id', '=', row.bridge_id)
    .where('stream', '=', row.stream)
    .where('epoch', '=', row.epochBefore)
    .where('cursor', '=', row.cursorBefore);
}

const insertSegment = compiledOnce((db, row: Row<'segments'>) =>
  db.insertInto('segments').values({
    bridge_id: row.bridge_id,
    stream: row.stream,
    epoch: row.epoch,
    first: row.first,
    last: row.last,
    header: row.header,
    body: row.body,
  }),
);

/** As bytes a body is a quarter smaller than in base64; that it is the one spelling of them was checked when it came. */
function rowOf(bridgeId: string, { stream, epoch, first, last, header, body }: Segment): Row<'segments'> {
  return { bridge_id: bridgeId, stream, epoch, first, last, header, body: Buffer.from(body, 'base64') };
}

/** As the database counts them: headers are ASCII, but for what a faulty bridge sends. */
function bytesOf(rows: readonly Row<'segments'>[]): number {
  return rows.reduce((sum, { header, body }) => sum + header.length + body.length, 0);
}

async function deleteStream(tx: Database, bridgeId: string, stream: string): Promise<void> {
  await tx.deleteFrom('segments').where('bridge_id', '=', bridgeId).where('stream', '=', stream).execute();
}

async function deleteBeforeSnapshot(tx: Database, bridgeId: string, plan: StreamPlan): Promise<void> {
  const { stream, epoch, snapshotAt } = plan;
  await removeSegments(tx, { bridgeId, stream, epoch }, (snapshotAt ?? 0) - KEEP_BEFORE_SNAPSHOT - 1);
}
