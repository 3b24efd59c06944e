import { assertNever } from '../../base/assert-never.ts';
import { agoOf, clockTimeOf, countOf, momentOf, sizeOf } from '../../base/times.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { Connection } from '../../protocol/ui/snapshot.ts';

/** One true line about the connection: "online" only with when it was last answered. */
export function statusLine({ snapshot, engineProblem }: DesktopState, now: number): string {
  return engineProblem ?? connectionLine(snapshot.connection, now);
}

function connectionLine(connection: Connection, now: number): string {
  switch (connection.state) {
    case 'unpaired':
      return 'Not paired';
    case 'paused':
      return connection.until === null ? 'Paused' : `Paused until ${momentOf(connection.until, now)}`;
    case 'connecting':
      return 'Connecting';
    case 'online':
      return `Online, answered ${agoOf(connection.lastAnswerAt, now)}`;
    case 'offline':
      return `Offline since ${clockTimeOf(connection.since)}`;
    case 'stopped':
      return connection.problem ?? 'Stopped';
    default:
      return assertNever(connection, 'connection');
  }
}

/** Undefined while nothing waits. */
export function queueLine({ snapshot }: DesktopState): string | undefined {
  const { records, bytes } = snapshot.queue;
  return records === 0 ? undefined : `${countOf(records, 'record')}, ${sizeOf(bytes)} waiting`;
}
