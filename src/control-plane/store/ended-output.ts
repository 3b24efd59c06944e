/** Stored output of tasks that ended: what may be removed. Only streams of tasks; a bridge's own is never among them. */
import { sql } from 'kysely';
import { taskOfStream } from '../../protocol/names.ts';
import { isTerminal, type TaskState } from '../../protocol/task-state.ts';
import { parseSegmentHeader } from '../../protocol/wire/segment-header.ts';
import type { Database } from './database.ts';
import { removeSegments, type StreamKey } from './remove-segments.ts';
import { findStream } from './streams.ts';

export interface EndedOutput extends StreamKey {
  readonly accountId: string;
  readonly bytes: number;
  readonly endedAt: number;
}

const ENDED = ['succeeded', 'failed', 'cancelled', 'interrupted'] as const satisfies readonly TaskState[];

/** Of one account, oldest end first. */
export async function listEndedOutput(db: Database, accountId: string): Promise<readonly EndedOutput[]> {
  const listed = await db
    .selectFrom('tasks')
    .innerJoin('streams', (join) =>
      join
        .onRef('streams.bridge_id', '=', 'tasks.bridge_id')
        .on('streams.stream', '=', sql<string>`'task:' || tasks.task_id`),
    )
    .select(['streams.bridge_id as bridgeId', 'stream', 'epoch', 'bytes'])
    .select(sql<number>`coalesce(tasks.ended_at, tasks.created_at)`.as('endedAt'))
    .where('tasks.account_id', '=', accountId)
    .where('tasks.state', 'in', ENDED)
    .where('streams.bytes', '>', 0)
    .execute();
  const own = await listOwnOutput(db, accountId);
  return [...listed.map((one) => ({ ...one, accountId })), ...own].sort((a, b) => a.endedAt - b.endedAt);
}

/** Bytes that an account's tasks have stored, ended or not. */
export async function sumOfOutput(db: Database, accountId: string): Promise<number> {
  const { bytes } = await db
    .selectFrom('streams')
    .innerJoin('bridges', 'bridges.bridge_id', 'streams.bridge_id')
    .select(sql<number>`coalesce(sum(streams.bytes), 0)`.as('bytes'))
    .where('bridges.account_id', '=', accountId)
    .where('streams.stream', 'like', 'task:%')
    .executeTakeFirstOrThrow();
  return bytes;
}

/**
 * Removes the oldest segments of one such stream, if its task is still ended, and notes where what is left begins: one
 * short transaction. The cursor stays, so the bridge has nothing to send again.
 */
export async function removeOldestOutput(
  db: Database,
  key: EndedOutput,
  { segmentsMax, now }: { readonly segmentsMax: number; readonly now: number },
): Promise<{ readonly bytes: number; readonly isDone: boolean }> {
  return db.transaction().execute(async (tx) => {
    const { bridgeId, stream, epoch } = key;
    const row = await findStream(tx, bridgeId, stream);
    if (row?.epoch !== epoch || (await endOf(tx, key)) === undefined) return { bytes: 0, isDone: true };
    const oldest = await tx
      .selectFrom('segments')
      .select('last')
      .where('bridge_id', '=', bridgeId)
      .where('stream', '=', stream)
      .where('epoch', '=', epoch)
      .orderBy('last')
      .limit(segmentsMax)
      .execute();
    const through = oldest.at(-1)?.last;
    if (through === undefined) return { bytes: 0, isDone: true };
    const bytes = await removeSegments(tx, key, through);
    await tx
      .updateTable('streams')
      .set({ removed_through: through, removed_at: now })
      .where('bridge_id', '=', bridgeId)
      .where('stream', '=', stream)
      .execute();
    return { bytes, isDone: oldest.length < segmentsMax };
  });
}

/** Tasks that were launched at the machine itself have no row here: their newest segment says whether they ended. */
async function listOwnOutput(db: Database, accountId: string): Promise<readonly EndedOutput[]> {
  const streams = await db
    .selectFrom('streams')
    .innerJoin('bridges', 'bridges.bridge_id', 'streams.bridge_id')
    .select(['streams.bridge_id as bridgeId', 'stream', 'epoch', 'bytes'])
    .where('bridges.account_id', '=', accountId)
    .where('streams.stream', 'like', 'task:%')
    .where('streams.bytes', '>', 0)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('tasks')
            .select('task_id')
            .where('tasks.account_id', '=', accountId)
            .where(sql<boolean>`tasks.task_id = substr(streams.stream, 6)`),
        ),
      ),
    )
    .execute();
  const ended: EndedOutput[] = [];
  for (const one of streams) {
    const endedAt = await endInNewestSegment(db, one);
    if (endedAt !== undefined) ended.push({ ...one, accountId, endedAt });
  }
  return ended;
}

async function endOf(tx: Database, key: EndedOutput): Promise<number | undefined> {
  const row = await tx
    .selectFrom('tasks')
    .select(['state', 'ended_at', 'created_at'])
    .where('account_id', '=', key.accountId)
    .where('bridge_id', '=', key.bridgeId)
    .where('task_id', '=', taskOfStream(key.stream) ?? '')
    .executeTakeFirst();
  if (!row) return await endInNewestSegment(tx, key);
  return (ENDED as readonly string[]).includes(row.state) ? (row.ended_at ?? row.created_at) : undefined;
}

async function endInNewestSegment(db: Database, { bridgeId, stream, epoch }: StreamKey): Promise<number | undefined> {
  const newest = await db
    .selectFrom('segments')
    .select('header')
    .where('bridge_id', '=', bridgeId)
    .where('stream', '=', stream)
    .where('epoch', '=', epoch)
    .orderBy('last', 'desc')
    .limit(1)
    .executeTakeFirst();
  const last = newest && parseSegmentHeader(newest.header)?.states?.at(-1);
  return last && isTerminal(last.state) ? last.at : undefined;
}
