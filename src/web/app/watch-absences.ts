import type { Disposable } from '../../base/disposal.ts';
import { durationOf } from '../../base/times.ts';
import type { WebClient } from '../../client/web-client.ts';
import type { WebState } from '../../client/web-state.ts';
import type { LogEntry } from '../../protocol/ui/log-entry.ts';

type Mark = Extract<LogEntry, { kind: 'mark' }>;

/** Shorter ones are not worth a line in a log. */
const WORTH_TELLING_MS = 5_000;

/** Tells when the machine, or this page's own connection, is back after a while. Both resume where they stopped. */
export function watchAbsences(client: WebClient, bridgeId: string, onBack: (mark: Mark) => void): Disposable {
  const absences = new Map<string, number>();
  const look = (name: string, isAway: boolean): void => {
    const now = Date.now();
    const since = absences.get(name);
    if (isAway) absences.set(name, since ?? now);
    else absences.delete(name);
    if (isAway || since === undefined || now - since < WORTH_TELLING_MS) return;
    onBack({ kind: 'mark', at: now, text: `${name} for ${durationOf(now - since)}, nothing lost` });
  };
  const read = (state: WebState): void => {
    const isConnected = state.connection.state === 'online';
    look('This page had no connection', !isConnected);
    const bridge = state.bridges.find((candidate) => candidate.bridgeId === bridgeId);
    // Without a connection of our own, what we know of the machine is old.
    if (bridge && isConnected) look(`${bridge.name} was offline`, !bridge.isOnline);
  };
  return client.onDidChange(read);
}
