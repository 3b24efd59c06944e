import type { Cursor } from '../../protocol/wire/frames.ts';
import type { SqlDatabase } from './state-database.ts';

/** Durable cursors of the streams that come down. A stream in another epoch than the one asked for is at 0. */
export interface CursorTable {
  get(stream: string, epoch: string): number;
  put(cursor: Cursor): void;
  list(): readonly Cursor[];
}

export function createCursorTable(sql: SqlDatabase): CursorTable {
  const get = sql.prepare('SELECT cursor FROM cursors WHERE stream = ? AND epoch = ?');
  const put = sql.prepare('INSERT OR REPLACE INTO cursors (stream, epoch, cursor) VALUES (?, ?, ?)');
  const list = sql.prepare('SELECT stream, epoch, cursor FROM cursors ORDER BY stream');
  return {
    get: (stream, epoch) => (get.get(stream, epoch)?.cursor as number | undefined) ?? 0,
    put: ({ stream, epoch, cursor }) => void put.run(stream, epoch, cursor),
    list: () => list.all().map((row) => ({ ...row }) as unknown as Cursor),
  };
}
