/**
 * A bridge's stream of commands. Its records are the rows 1..end of one epoch, contiguous; every query names the epoch,
 * so that a link that was superseded never reads or marks rows of a later one.
 */
import type { Database } from './database.ts';
import { createEpoch } from './identifiers.ts';

export interface CommandStreamState {
  readonly epoch: string;
  readonly end: number;
  readonly acked: number;
}

export interface CommandRecord {
  readonly number: number;
  readonly envelope: string;
  readonly accepted_at: number;
}

interface StreamName {
  readonly bridgeId: string;
  readonly epoch: string;
}

/** More than this that nobody needs any more, and the stream is begun anew without it. */
const COMPACT_AT = { commands: 1_000, bytes: 64 * 1024 * 1024 };

export async function loadCommandStream(db: Database, bridgeId: string): Promise<CommandStreamState | undefined> {
  const row = await db
    .selectFrom('bridges')
    .select(['commands_epoch', 'commands_end', 'commands_acked'])
    .where('bridge_id', '=', bridgeId)
    .executeTakeFirst();
  return row && { epoch: row.commands_epoch, end: row.commands_end, acked: row.commands_acked };
}

/** Numbers and sizes after `after`, in order. */
export async function measureCommands(
  db: Database,
  stream: StreamName,
  after: number,
  limit: number,
): Promise<readonly { number: number; bytes: number }[]> {
  return rowsAfter(db, stream, after).select(['commands.number', 'commands.bytes']).limit(limit).execute();
}

export async function readCommands(
  db: Database,
  stream: StreamName,
  after: number,
  last: number,
): Promise<readonly CommandRecord[]> {
  return rowsAfter(db, stream, after)
    .select(['commands.number', 'commands.envelope', 'commands.accepted_at'])
    .where('commands.number', '<=', last)
    .execute();
}

/** The bridge has everything up to `cursor` on its disk. */
export async function acknowledgeCommands(db: Database, stream: StreamName, cursor: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const before = await loadCommandStream(tx, stream.bridgeId);
    if (before?.epoch !== stream.epoch || before.acked >= cursor) return;
    await tx
      .updateTable('bridges')
      .set({ commands_acked: cursor })
      .where('bridge_id', '=', stream.bridgeId)
      .where('commands_epoch', '=', stream.epoch)
      .execute();
    await tx
      .updateTable('commands')
      .set({ state: 'delivered' })
      .where('bridge_id', '=', stream.bridgeId)
      .where('number', '>', before.acked)
      .where('number', '<=', cursor)
      .where('state', '=', 'waiting')
      .execute();
  });
}

/** Gives the stream a new epoch with the same numbers; false if it has another one than `stream.epoch` by now. */
export async function renewCommandStream(db: Database, stream: StreamName, epoch: string): Promise<boolean> {
  const result = await db
    .updateTable('bridges')
    .set({ commands_epoch: epoch, commands_acked: 0 })
    .where('bridge_id', '=', stream.bridgeId)
    .where('commands_epoch', '=', stream.epoch)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/**
 * Drops the commands whose end is known and begins a new epoch with the rest, if that saves enough. The bridge knows
 * by their ids the ones that it has had before. Called while no link of the bridge is open.
 */
export async function compactCommandStream(db: Database, bridgeId: string): Promise<void> {
  const ended = await endedCommands(db, bridgeId);
  if (ended.commands < COMPACT_AT.commands && ended.bytes < COMPACT_AT.bytes) return;
  await db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('commands')
      .where('bridge_id', '=', bridgeId)
      .where('state', 'in', ['done', 'rejected'])
      .execute();
    const kept = await tx
      .selectFrom('commands')
      .select('number')
      .where('bridge_id', '=', bridgeId)
      .orderBy('number')
      .execute();
    // Ascending, so that no number is taken while it is still another's.
    for (const [at, row] of kept.entries()) {
      await tx
        .updateTable('commands')
        .set({ number: at + 1 })
        .where('bridge_id', '=', bridgeId)
        .where('number', '=', row.number)
        .execute();
    }
    await tx
      .updateTable('bridges')
      .set({ commands_epoch: createEpoch(), commands_end: kept.length, commands_acked: 0 })
      .where('bridge_id', '=', bridgeId)
      .execute();
  });
}

async function endedCommands(db: Database, bridgeId: string): Promise<{ commands: number; bytes: number }> {
  const row = await db
    .selectFrom('commands')
    .select((select) => [select.fn.countAll().as('commands'), select.fn.sum('bytes').as('bytes')])
    .where('bridge_id', '=', bridgeId)
    .where('state', 'in', ['done', 'rejected'])
    .executeTakeFirstOrThrow();
  return { commands: Number(row.commands), bytes: Number(row.bytes ?? 0) };
}

function rowsAfter(db: Database, stream: StreamName, after: number) {
  return db
    .selectFrom('commands')
    .innerJoin('bridges', 'bridges.bridge_id', 'commands.bridge_id')
    .where('commands.bridge_id', '=', stream.bridgeId)
    .where('bridges.commands_epoch', '=', stream.epoch)
    .where('commands.number', '>', after)
    .orderBy('commands.number');
}
