import type { SqlDatabase, SqlRow } from './state-database.ts';

/** One stream's row. `end`, `endOffset` and `rawOffset` are a checkpoint: the file holds at least that much. */
export interface StoredStream {
  readonly stream: string;
  /** Absolute path of its NDJSON file. */
  readonly path: string;
  readonly epoch: string;
  /** Nothing will be appended any more. */
  readonly isFinished: boolean;
  readonly end: number;
  readonly endOffset: number;
  readonly rawOffset: number;
  readonly acked: number;
  /** Where the record after a known acknowledged one begins; at most the place after record `acked`. */
  readonly ackedOffset: number;
}

export interface StreamTable {
  get(stream: string): StoredStream | undefined;
  put(row: StoredStream): void;
  /** Streams that are unfinished or have records that the peer does not have. */
  listActive(): readonly StoredStream[];
}

export function createStreamTable(sql: SqlDatabase): StreamTable {
  const get = sql.prepare('SELECT * FROM streams WHERE stream = ?');
  const put = sql.prepare(
    `INSERT OR REPLACE INTO streams
      (stream, path, epoch, is_finished, "end", end_offset, raw_offset, acked, acked_offset)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const listActive = sql.prepare('SELECT * FROM streams WHERE is_finished = 0 OR acked < "end" ORDER BY stream');
  return {
    get(stream) {
      const row = get.get(stream);
      return row && streamOf(row);
    },
    put(row) {
      const numbers = [row.end, row.endOffset, row.rawOffset, row.acked, row.ackedOffset];
      put.run(row.stream, row.path, row.epoch, row.isFinished ? 1 : 0, ...numbers);
    },
    listActive: () => listActive.all().map(streamOf),
  };
}

function streamOf(row: SqlRow): StoredStream {
  return {
    stream: row.stream as string,
    path: row.path as string,
    epoch: row.epoch as string,
    isFinished: row.is_finished === 1,
    end: row.end as number,
    endOffset: row.end_offset as number,
    rawOffset: row.raw_offset as number,
    acked: row.acked as number,
    ackedOffset: row.acked_offset as number,
  };
}
