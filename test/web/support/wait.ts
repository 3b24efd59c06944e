import type { TaskLog } from '../../../src/client/task-log.ts';

const DEADLINE_MS = 10_000;

/** Resolves once the condition holds after a change of the log; rejects at the deadline. */
export function untilLog(log: TaskLog, condition: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`did not happen: ${condition}`)), DEADLINE_MS);
    const check = (): void => {
      if (!condition()) return;
      clearTimeout(deadline);
      subscription.dispose();
      resolve();
    };
    const subscription = log.onDidChange(check);
    check();
  });
}
