import { countOf, sizeOf } from '../../base/times.ts';
import type { DesktopState, QueuePoint } from '../../protocol/ui/desktop-state.ts';

const WIDTH = 132;
const HEIGHT = 40;
const SPAN_MS = 10 * 60_000;

/** How much waits to be sent: in words, and over the last ten minutes. */
export function QueueSection({ state }: { state: DesktopState }) {
  const { records, bytes } = state.snapshot.queue;
  return (
    <section
      className="grid grid-cols-[1fr_auto] items-end gap-3 border-b border-line px-4 py-3"
      aria-labelledby="queue"
    >
      <div>
        <h2 id="queue" className="text-12 font-semibold text-dim">
          Waiting to be sent
        </h2>
        <p className="text-20 font-semibold" data-testid="queue">
          {records === 0 ? 'Nothing' : countOf(records, 'record')}
        </p>
        <p className="text-12 text-dim">{records === 0 ? 'Everything has arrived' : sizeOf(bytes)}</p>
      </div>
      <QueuePlot points={state.queueHistory} />
    </section>
  );
}

function QueuePlot({ points }: { points: readonly QueuePoint[] }) {
  const end = points.at(-1)?.at ?? 0;
  const max = Math.max(1, ...points.map((point) => point.records));
  const x = (at: number): number => WIDTH - ((end - at) / SPAN_MS) * WIDTH;
  const y = (records: number): number => HEIGHT - 1 - (records / max) * (HEIGHT - 4);
  const line = points.map(
    (point, index) => `${index === 0 ? 'M' : 'L'}${x(point.at).toFixed(1)} ${y(point.records).toFixed(1)}`,
  );
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label="Records waiting, last ten minutes">
      {points.map((point, index) => {
        const next = points[index + 1];
        if (point.isOnline || !next) return null;
        return (
          <rect
            key={point.at}
            x={x(point.at)}
            width={x(next.at) - x(point.at)}
            height={HEIGHT}
            className="fill-faint opacity-10"
          />
        );
      })}
      <path d={line.join(' ')} className="fill-none stroke-busy" strokeWidth="1.5" />
    </svg>
  );
}
