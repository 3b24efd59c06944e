import { toBase64 } from '../../base/base64.ts';
import type { Cursor, Segment } from '../../protocol/wire/frames.ts';
import { compiledOnce } from './compiled-once.ts';
import type { Database } from './database.ts';
import type { Row } from './schema.ts';

const NAMES_PER_QUERY = 500;

export async function findStream(db: Database, bridgeId: string, stream: string): Promise<Row<'streams'> | undefined> {
  const { rows } = await selectStream(db, { bridgeId, stream });
  return rows[0];
}

const selectStream = compiledOnce((db, from: { bridgeId: string; stream: string }) =>
  db.selectFrom('streams').selectAll().where('bridge_id', '=', from.bridgeId).where('stream', '=', from.stream),
);

export async function findStreams(
  db: Database,
  bridgeId: string,
  streams: readonly string[],
): Promise<readonly Row<'streams'>[]> {
  const [only, ...others] = streams;
  if (only !== undefined && others.length === 0)
    return [await findStream(db, bridgeId, only)].flatMap((row) => row ?? []);
  const rows: Row<'streams'>[] = [];
  for (let at = 0; at < streams.length; at += NAMES_PER_QUERY) {
    rows.push(
      ...(await db
        .selectFrom('streams')
        .selectAll()
        .where('bridge_id', '=', bridgeId)
        .where('stream', 'in', streams.slice(at, at + NAMES_PER_QUERY))
        .execute()),
    );
  }
  return rows;
}

export async function listCursors(db: Database, bridgeId: string, limit: number): Promise<readonly Cursor[]> {
  return db
    .selectFrom('streams')
    .select(['stream', 'epoch', 'cursor'])
    .where('bridge_id', '=', bridgeId)
    .limit(limit)
    .execute();
}

/** Stored segments that end after `after`, in order, as they came; the first may begin before. */
export async function readSegments(
  db: Database,
  from: { bridgeId: string; stream: string; epoch: string },
  after: number,
  limit: number,
): Promise<readonly Segment[]> {
  const rows = await db
    .selectFrom('segments')
    .selectAll()
    .where('bridge_id', '=', from.bridgeId)
    .where('stream', '=', from.stream)
    .where('epoch', '=', from.epoch)
    .where('last', '>', after)
    .orderBy('last')
    .limit(limit)
    .execute();
  return rows.map(({ stream, epoch, first, last, header, body }) => {
    return { stream, epoch, first, last, header, body: typeof body === 'string' ? body : toBase64(body) };
  });
}
