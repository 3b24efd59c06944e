import type { WebClient } from '../../src/client/web-client.ts';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import { LineMeter } from './statistics.ts';

const TIMEOUT_MS = 300_000;

export interface WatchedLines {
  readonly meter: LineMeter;
  /** Resolves when all lines came, each once and in order; rejects at the first that did not, or at the deadline. */
  readonly complete: Promise<LineMeter>;
  /** Number of the newest record that was seen. */
  lastRecord(): number;
}

/** Follows the log of a task whose agent prints numbered lines, as a page does: opened, and checked against its header. */
export function watchLines(
  client: WebClient,
  { taskId, bridgeId, count }: { readonly taskId: string; readonly bridgeId: string; readonly count: number },
): WatchedLines {
  const log = client.openTask(taskId, bridgeId);
  const meter = new LineMeter(count);
  let seen = 0;
  const complete = new Promise<LineMeter>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Only ${meter.received} of ${count} lines came`)), TIMEOUT_MS);
    log.onDidChange((change) => {
      // A log that grew too long is trimmed, and says `replaced` instead of naming what was added.
      for (const entry of change.kind === 'appended' ? change.entries : log.entries) {
        if (entry.kind === 'problem') reject(new Error(`The log is not true: ${JSON.stringify(entry.problem)}`));
        if (entry.kind !== 'record' || entry.record.n <= seen) continue;
        seen = entry.record.n;
        const text = textOf(entry.record);
        if (text !== undefined) meter.take(text);
      }
      if (!meter.isComplete) return;
      clearTimeout(timer);
      resolve(meter);
    });
  });
  return { meter, complete: complete.finally(() => log.dispose()), lastRecord: () => seen };
}

function textOf(record: TaskRecord): string | undefined {
  if (record.type === 'output_chunk') return record.stream === 'stdout' ? record.text : undefined;
  const isSaid = record.type === 'agent_message_chunk' || record.type === 'agent_thought_chunk';
  return isSaid ? record.content.text : undefined;
}
