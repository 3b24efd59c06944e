import type { WebClient } from '../../src/client/web-client.ts';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import { isTerminal } from '../../src/protocol/task-state.ts';

/** Launches a `command` task and resolves once the bridge has taken it. */
export async function launchCommand(
  client: WebClient,
  bridgeId: string,
  program: string,
  title = program,
): Promise<string> {
  const launched = client.launchTask({
    bridgeId,
    title,
    instructions: `Run ${program}.`,
    provider: 'command',
    workspace: 'default',
    settings: { program },
  });
  const outcome = await launched.outcome;
  if (outcome.outcome !== 'done') throw new Error(`Not launched: ${JSON.stringify(outcome)}`);
  return launched.taskId;
}

/** Opens the log and resolves with the records up to the first that fulfils `isEnough` (the task's end, by default). */
export function recordsUntil(
  client: WebClient,
  taskId: string,
  isEnough: (record: TaskRecord) => boolean = isEnd,
  timeoutMs = 30_000,
): Promise<TaskRecord[]> {
  return new Promise((resolve, reject) => {
    const log = client.openTask(taskId, client.state.bridges[0]?.bridgeId);
    const records: TaskRecord[] = [];
    const timer = setTimeout(
      () => end(() => reject(new Error(`Only ${records.length} records within ${timeoutMs} ms`))),
      timeoutMs,
    );
    const look = (): void => {
      for (const entry of log.entries) {
        if (entry.kind === 'problem') {
          end(() => reject(new Error(JSON.stringify(entry.problem))));
          return;
        }
        if (entry.kind !== 'record') continue;
        if (entry.record.n <= (records.at(-1)?.n ?? 0)) continue;
        records.push(entry.record);
        if (!isEnough(entry.record)) continue;
        end(() => resolve(records));
        return;
      }
    };
    const subscription = log.onDidChange(look);
    look();
    function end(settle: () => void): void {
      clearTimeout(timer);
      subscription.dispose();
      log.dispose();
      settle();
    }
  });
}

export function isEnd(record: TaskRecord): boolean {
  return record.type === 'task_state' && isTerminal(record.state);
}

/** What the program printed, as it arrived. */
export function stdoutOf(records: readonly TaskRecord[]): string {
  return records
    .map((record) => (record.type === 'output_chunk' && record.stream === 'stdout' ? record.text : ''))
    .join('');
}

export function lastState(records: readonly TaskRecord[]): string | undefined {
  const state = records.findLast((record) => record.type === 'task_state');
  return state?.type === 'task_state' ? state.state : undefined;
}
