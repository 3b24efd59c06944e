import { countOf } from '../../../base/times.ts';
import type { DesktopState, QueuePoint } from '../../../protocol/ui/desktop-state.ts';
import { useNow } from '../../../ui/time-text.tsx';
import { QueuePlot } from './queue-plot.tsx';
import { wordsOfQueue } from './queue-words.ts';

/** How much waits to be sent: in words, and over the last ten minutes. */
export function QueueSection({ state }: { state: DesktopState }) {
  const now = useNow(1_000);
  const { queue, connection } = state.snapshot;
  const points = pointsOf(state, now);
  return (
    <section
      className="grid shrink-0 grid-cols-[minmax(0,1fr)_auto] items-end gap-3 border-b border-line px-4 py-3"
      aria-labelledby="queue"
    >
      <div>
        <h2 id="queue" className="text-12 font-semibold text-dim">
          Waiting to be sent
        </h2>
        <p className="text-20 font-semibold" data-testid="queue">
          {queue.records === 0 ? 'Nothing' : countOf(queue.records, 'record')}
        </p>
        <p className="text-12 text-dim">{wordsOfQueue(queue, connection.state === 'online', points, now)}</p>
      </div>
      <QueuePlot points={points} now={now} />
    </section>
  );
}

/** With what is known now: a plot must not say less than the words beside it. */
function pointsOf({ snapshot, queueHistory }: DesktopState, now: number): QueuePoint[] {
  const { queue, connection } = snapshot;
  const last = queueHistory.at(-1);
  const at = Math.max(now, last?.at ?? 0);
  return last ? [...queueHistory, { at, ...queue, isOnline: connection.state === 'online' }] : [];
}
