import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface StreamKey {
  readonly bridgeId: string;
  readonly stream: string;
  readonly epoch: string;
}

/** Deletes the segments that end at `through` or before. Returns their bytes, which the stream's row then lacks. */
export async function removeSegments(
  tx: Database,
  { bridgeId, stream, epoch }: StreamKey,
  through: number,
): Promise<number> {
  const { bytes } = await tx
    .selectFrom('segments')
    .select(sql<number>`coalesce(sum(length(header) + length(body)), 0)`.as('bytes'))
    .where('bridge_id', '=', bridgeId)
    .where('stream', '=', stream)
    .where('epoch', '=', epoch)
    .where('last', '<=', through)
    .executeTakeFirstOrThrow();
  if (bytes === 0) return 0;
  await tx
    .deleteFrom('segments')
    .where('bridge_id', '=', bridgeId)
    .where('stream', '=', stream)
    .where('epoch', '=', epoch)
    .where('last', '<=', through)
    .execute();
  await tx
    .updateTable('streams')
    .set((set) => ({ bytes: set('bytes', '-', bytes) }))
    .where('bridge_id', '=', bridgeId)
    .where('stream', '=', stream)
    .execute();
  return bytes;
}
