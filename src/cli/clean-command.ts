import { sizeOf } from '../base/times.ts';
import { cleanReportSchema } from '../protocol/local/control.ts';
import type { Print } from './bridge-commands.ts';
import type { LocalClient } from './local-client.ts';

/** Millions of files take their time. */
const TIMEOUT_MS = 60 * 60_000;

export interface CleanOptions {
  readonly mode: 'remove' | 'look';
  readonly olderThanMs?: number | undefined;
  readonly format: 'json' | 'text';
}

/** `ctrlnode tasks clean`: what went, or would go, oldest first; then what should and stays, with the reason. */
export async function cleanTasks(
  client: LocalClient,
  { mode, olderThanMs, format }: CleanOptions,
  print: Print,
): Promise<void> {
  const request = { mode, ...(olderThanMs !== undefined && { olderThanMs }) };
  const report = cleanReportSchema.parse(await client.post('/tasks/clean', request, TIMEOUT_MS));
  if (format === 'json') {
    print(JSON.stringify(report));
    return;
  }
  const { removed, kept } = report;
  for (const task of removed) print(lineOf(task));
  const freed = sizeOf(removed.reduce((sum, { bytes }) => sum + bytes, 0));
  const tasks = removed.length === 1 ? '1 task' : `${removed.length} tasks`;
  print(mode === 'look' ? `Would remove the files of ${tasks}, ${freed}.` : `Removed the files of ${tasks}, ${freed}.`);
  if (kept.length > 0) print('Kept, although it should go:');
  for (const task of kept) print(`${lineOf(task)}\n    ${task.why}`);
}

function lineOf({ taskId, endedAt, bytes, title }: { taskId: string; endedAt: number; bytes: number; title: string }) {
  return `${taskId}  ended ${new Date(endedAt).toISOString().slice(0, 10)}  ${sizeOf(bytes).padStart(9)}  ${title}`;
}
