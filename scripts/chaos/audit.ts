/** The machine's own word about commands, for what the page that sent them did not live to hear. */
import { existsSync, readFileSync } from 'node:fs';

export interface AuditLine {
  readonly event: string;
  readonly action?: string;
  readonly commandId?: string;
  readonly taskId?: string;
  readonly code?: string;
}

export function readAudit(file: string): readonly AuditLine[] {
  if (!existsSync(file)) return [];
  // Without what a kill may have left of a last line.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditLine);
}

/** Tasks whose launch was refused, with the reason's code. */
export function refusedLaunches(lines: readonly AuditLine[]): ReadonlyMap<string, string> {
  const refused = lines.filter(({ event, action }) => event === 'command_refused' && action === 'task_launch');
  return new Map(refused.map(({ taskId = '', code = '' }) => [taskId, code]));
}
