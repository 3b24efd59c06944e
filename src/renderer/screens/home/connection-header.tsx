import { assertNever } from '../../../base/assert-never.ts';
import { agoOf, countOf, momentOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { Connection } from '../../../protocol/ui/snapshot.ts';
import { Button } from '../../../ui/button.tsx';
import { StatusShape } from '../../../ui/status.tsx';
import { useNow } from '../../../ui/time-text.tsx';
import type { StatusLook } from '../../../ui/words/states.ts';
import { request } from '../../app/desktop-client.ts';
import { type Action, useAction } from '../../app/use-action.ts';
import { PauseButton } from './pause-button.tsx';

interface ConnectionHeaderProps {
  state: DesktopState;
  /** Null where pairing is under way. */
  onPair: (() => void) | null;
  /** The screen below does not say how much waits. */
  tellsQueue: boolean;
}

/** State, since when, why not, and the one thing to do about it. Stands above every screen. */
export function ConnectionHeader({ state, onPair, tellsQueue }: ConnectionHeaderProps) {
  const now = useNow(1_000);
  const { connection, name, server, queue } = state.snapshot;
  const action = useAction();
  const look = lookOf(connection, now);
  const words = [
    [name, server && new URL(server).host].filter(Boolean).join(' · '),
    // What keeps the engine from running is said below it, whole.
    state.engineProblem === null && detailOf(connection, now),
    tellsQueue && isAway(connection) && queue.records > 0 && `${countOf(queue.records, 'record')} waiting`,
  ];
  return (
    <header className="grid shrink-0 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-2.5 border-b border-line bg-surface px-4 pt-3 pb-2.5">
      <StatusShape look={look} />
      <h1 className="text-15 font-semibold">{look.word}</h1>
      <HeaderAction connection={connection} action={action} onPair={onPair} />
      <p className="col-start-2 col-end-4 text-12 text-dim [overflow-wrap:anywhere]">
        {words.filter(Boolean).join(' · ')}
      </p>
      {action.problem && (
        <p className="col-start-2 col-end-4 text-12 text-bad" role="alert">
          {action.problem}
        </p>
      )}
    </header>
  );
}

function HeaderAction(props: { connection: Connection; action: Action; onPair: (() => void) | null }) {
  const { connection, action, onPair } = props;
  const isBusy = action.isBusy;
  switch (connection.state) {
    case 'unpaired':
      return onPair && <Button onClick={onPair}>Pair this computer</Button>;
    case 'paused':
      return (
        <Button disabled={isBusy} onClick={() => action.run(() => request('link/resume', null))}>
          Resume
        </Button>
      );
    case 'offline':
      return (
        <Button disabled={isBusy} onClick={() => action.run(() => request('link/retry', null))}>
          Retry now
        </Button>
      );
    case 'online':
    case 'connecting':
      return <PauseButton action={action} />;
    case 'stopped':
      return null;
    default:
      return assertNever(connection, 'connection');
  }
}

function isAway({ state }: Connection): boolean {
  return state === 'offline' || state === 'paused';
}

function lookOf(connection: Connection, now: number): StatusLook {
  switch (connection.state) {
    case 'unpaired':
      return { shape: 'hollow', tone: 'idle', word: 'Not paired' };
    case 'paused':
      return { shape: 'bars', tone: 'idle', word: pausedWord(connection.until, now) };
    case 'connecting':
      return { shape: 'ring', tone: 'busy', word: 'Connecting' };
    case 'online':
      return { shape: 'disc', tone: 'ok', word: 'Online' };
    case 'offline':
      return { shape: 'hollow', tone: 'idle', word: `Offline since ${momentOf(connection.since, now)}` };
    case 'stopped':
      return connection.problem
        ? { shape: 'cross', tone: 'bad', word: 'Problem' }
        : { shape: 'hollow', tone: 'idle', word: 'Starting' };
    default:
      return assertNever(connection, 'connection');
  }
}

function pausedWord(until: number | null, now: number): string {
  return until === null ? 'Paused' : `Paused until ${momentOf(until, now)}`;
}

function detailOf(connection: Connection, now: number): string {
  switch (connection.state) {
    case 'online': {
      const { since, rttMs, lastAnswerAt } = connection;
      const answered =
        rttMs === null ? '' : ` · ${Math.max(1, Math.round(rttMs))} ms, ${agoOf(Math.min(lastAnswerAt, now), now)}`;
      return `since ${momentOf(since, now)}${answered}`;
    }
    case 'paused':
      return `${connection.until === null ? 'until you resume' : `since ${momentOf(connection.since, now)}`}. Running tasks go on`;
    case 'offline': {
      const seconds = Math.max(0, Math.ceil((connection.nextAttemptAt - now) / 1_000));
      return `${connection.problem} ${seconds === 0 ? 'Trying now' : `Next attempt in ${seconds} s`}`;
    }
    case 'stopped':
      return connection.problem ?? '';
    case 'connecting':
      return `since ${momentOf(connection.since, now)}`;
    case 'unpaired':
      return 'takes no tasks from anywhere but this window';
    default:
      return assertNever(connection, 'connection');
  }
}
