import { assertNever } from '../../base/assert-never.ts';
import { agoOf, clockTimeOf, momentOf } from '../../base/times.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { Connection } from '../../protocol/ui/snapshot.ts';
import { Button } from '../../ui/button.tsx';
import { StatusShape } from '../../ui/status.tsx';
import { useNow } from '../../ui/time-text.tsx';
import type { StatusLook } from '../../ui/words/states.ts';
import { request } from '../app/desktop-client.ts';

/** State, since when, why not, and the one thing to do about it. */
export function ConnectionHeader({ state, onPair }: { state: DesktopState; onPair: () => void }) {
  const now = useNow(1_000);
  const { connection, name, server } = state.snapshot;
  const look = lookOf(connection);
  const detail = state.engineProblem ?? detailOf(connection, now);
  const where = [name, server && new URL(server).host].filter(Boolean).join(' · ');
  return (
    <header className="grid grid-cols-[auto_1fr_auto] items-center gap-x-2.5 border-b border-line bg-surface px-4 pt-4 pb-3">
      <StatusShape look={look} />
      <h1 className="text-15 font-semibold">{look.word}</h1>
      <Action connection={connection} onPair={onPair} />
      <p className="col-start-2 col-end-4 text-12 text-dim">{[where, detail].filter(Boolean).join(' · ')}</p>
    </header>
  );
}

function Action({ connection, onPair }: { connection: Connection; onPair: () => void }) {
  switch (connection.state) {
    case 'unpaired':
      return (
        <Button look="primary" onClick={onPair}>
          Pair this computer
        </Button>
      );
    case 'paused':
      return <Button onClick={() => void request('link/resume', null)}>Resume</Button>;
    case 'offline':
      return <Button onClick={() => void request('link/retry', null)}>Retry now</Button>;
    case 'online':
    case 'connecting':
      return <Button onClick={() => void request('link/pause', { untilMs: null })}>Pause</Button>;
    case 'stopped':
      return null;
    default:
      return assertNever(connection, 'connection');
  }
}

function lookOf(connection: Connection): StatusLook {
  switch (connection.state) {
    case 'unpaired':
      return { shape: 'hollow', tone: 'idle', word: 'Not paired' };
    case 'paused':
      return { shape: 'bars', tone: 'idle', word: 'Paused' };
    case 'connecting':
      return { shape: 'ring', tone: 'busy', word: 'Connecting' };
    case 'online':
      return { shape: 'disc', tone: 'ok', word: 'Online' };
    case 'offline':
      return { shape: 'hollow', tone: 'idle', word: `Offline since ${clockTimeOf(connection.since)}` };
    case 'stopped':
      return connection.problem
        ? { shape: 'cross', tone: 'bad', word: 'Problem' }
        : { shape: 'hollow', tone: 'idle', word: 'Starting' };
    default:
      return assertNever(connection, 'connection');
  }
}

function detailOf(connection: Connection, now: number): string {
  switch (connection.state) {
    case 'online': {
      const rtt = connection.rttMs === null ? '' : `${Math.max(1, Math.round(connection.rttMs))} ms, `;
      return `${rtt}${agoOf(connection.lastAnswerAt, now)}`;
    }
    case 'paused':
      return connection.until === null ? 'until you resume' : `until ${momentOf(connection.until, now)}`;
    case 'offline': {
      const seconds = Math.max(0, Math.ceil((connection.nextAttemptAt - now) / 1_000));
      return `${connection.problem} Next attempt in ${seconds} s`;
    }
    case 'stopped':
      return connection.problem ?? '';
    case 'unpaired':
    case 'connecting':
      return '';
    default:
      return assertNever(connection, 'connection');
  }
}
