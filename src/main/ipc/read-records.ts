import { open } from 'node:fs/promises';
import { codeOf } from '../../base/errors.ts';
import { taskPaths } from '../../bridge/tasks/task-paths.ts';
import { type TaskRecord, taskRecordSchema } from '../../protocol/records/task-records.ts';

export interface RecordBatch {
  readonly records: TaskRecord[];
  /** Where the next batch begins: a byte of the journal. */
  readonly cursor: number;
  readonly isCaughtUp: boolean;
}

const BATCH_BYTES = 256 * 1024;

/** The whole lines of a task's journal after `cursor`, about a quarter of a megabyte of them. */
export async function readRecords(folder: string, cursor: number): Promise<RecordBatch> {
  const file = await open(taskPaths(folder).journal, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return { records: [], cursor, isCaughtUp: true };
  try {
    for (let size = BATCH_BYTES; ; size *= 2) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, cursor);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      // One line is larger than what was read: read more of it.
      if (end === 0 && bytesRead === size) continue;
      return { records: parse(buffer.subarray(0, end)), cursor: cursor + end, isCaughtUp: bytesRead < size };
    }
  } finally {
    await file.close();
  }
}

// A record of a newer version, after a downgrade, is left out.
function parse(bytes: Buffer): TaskRecord[] {
  const lines = bytes.toString('utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => taskRecordSchema.safeParse(JSON.parse(line)).data ?? []);
}
