import { countOf, durationOf } from '../../../base/times.ts';
import type { QueuePoint } from '../../../protocol/ui/desktop-state.ts';
import { offlineOf } from './queue-words.ts';

const WIDTH = 132;
const HEIGHT = 40;
const SPAN_MS = 10 * 60_000;

/** Records waiting over the last ten minutes, the last point being now; the time offline is shaded. */
export function QueuePlot({ points, now }: { points: readonly QueuePoint[]; now: number }) {
  const peak = Math.max(0, ...points.map((point) => point.records));
  const x = (at: number): number => Math.max(0, WIDTH - ((now - at) / SPAN_MS) * WIDTH);
  const y = (records: number): number => HEIGHT - 1 - (records / Math.max(1, peak)) * (HEIGHT - 4);
  const line = points
    .map((point, index) => `${index === 0 ? 'M' : 'L'}${x(point.at).toFixed(1)} ${y(point.records).toFixed(1)}`)
    .join(' ');
  const area = points[0] ? `${line} L${WIDTH} ${HEIGHT} L${x(points[0].at).toFixed(1)} ${HEIGHT} Z` : '';
  return (
    <figure className="flex flex-col items-end">
      <svg width={WIDTH} height={HEIGHT} role="img" aria-label={labelOf(points, peak, now)}>
        {points.map((point, index) => {
          const next = points[index + 1];
          if (point.isOnline || !next) return null;
          const width = Math.max(0, x(next.at) - x(point.at));
          return (
            <rect key={point.at} x={x(point.at)} width={width} height={HEIGHT} className="fill-faint opacity-15" />
          );
        })}
        <path d={area} className="fill-busy opacity-15" />
        <path d={line} className="fill-none stroke-busy" strokeWidth="1.5" />
      </svg>
      <figcaption className="text-12 text-faint">
        {peak > 0 ? `Peak ${peak.toLocaleString('en')}` : '10 minutes'}
      </figcaption>
    </figure>
  );
}

function labelOf(points: readonly QueuePoint[], peak: number, now: number): string {
  const offlineMs = offlineOf(points, now);
  const offline = offlineMs > 0 ? `, offline for ${durationOf(offlineMs)}` : '';
  return `Waiting over the last ten minutes: at most ${countOf(peak, 'record')}${offline}`;
}
