import { assertNever } from '../../base/assert-never.ts';
import { agoOf, clockTimeOf, countOf, momentOf, sizeOf } from '../../base/times.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { Connection } from '../../protocol/ui/snapshot.ts';

const MINUTE_MS = 60_000;
const ON_ITS_WAY_MAX_BYTES = 1_000_000;

/** One true line about the connection: "online" only with when it was last answered. */
export function statusLine({ snapshot, engineProblem }: DesktopState, now: number): string {
  if (engineProblem === null && snapshot.storageProblem !== null) return 'The disk cannot be written.';
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

/** The same for the menu, where a text that changes all the time would close what a person has just opened. */
export function menuStatusLine(state: DesktopState, now: number): string {
  const { connection } = state.snapshot;
  const isFresh = connection.state === 'online' && now - connection.lastAnswerAt < MINUTE_MS;
  return isFresh && state.engineProblem === null ? 'Online, answered within the last minute' : statusLine(state, now);
}

/** Undefined while nothing waits but what is on its way to an answering control plane. */
export function queueLine({ snapshot }: DesktopState): string | undefined {
  const { records, bytes } = snapshot.queue;
  const isOnItsWay = snapshot.connection.state === 'online' && bytes < ON_ITS_WAY_MAX_BYTES;
  return records === 0 || isOnItsWay ? undefined : `${countOf(records, 'record')}, ${sizeOf(bytes)} waiting`;
}
