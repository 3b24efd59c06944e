import { z } from 'zod';

/** `queued → preparing → running ⇄ waiting → succeeded | failed | cancelled | interrupted` (design section 5). */
export const taskStateSchema = z.enum([
  'queued',
  'preparing',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
]);
export type TaskState = z.infer<typeof taskStateSchema>;

const TERMINAL: ReadonlySet<TaskState> = new Set(['succeeded', 'failed', 'cancelled', 'interrupted']);

export function isTerminal(state: TaskState): boolean {
  return TERMINAL.has(state);
}
