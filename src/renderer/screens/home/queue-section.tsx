import { countOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { useNow } from '../../../ui/time-text.tsx';
import { QueuePlot } from './queue-plot.tsx';
import { wordsOfQueue } from './queue-words.ts';

/** How much waits to be sent: in words, and over the last ten minutes. */
export function QueueSection({ state }: { state: DesktopState }) {
  const now = useNow(1_000);
  const { queue, connection } = state.snapshot;
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
        <p className="text-12 text-dim">
          {wordsOfQueue(queue, connection.state === 'online', state.queueHistory, now)}
        </p>
      </div>
      <QueuePlot points={state.queueHistory} now={now} />
    </section>
  );
}
