import { shortMomentOf } from '../../base/times.ts';
import type { WebBridge } from '../../client/web-state.ts';
import { StatusShape } from '../../ui/status.tsx';
import { TimeText, useNow } from '../../ui/time-text.tsx';
import { lookOfMachine } from './machine-words.ts';

/** A machine in the narrow column: shape, name, and the round trip or since when it is away. */
export function MachineLine({ bridge }: { bridge: WebBridge }) {
  const now = useNow(30_000);
  const look = lookOfMachine(bridge, now);
  return (
    <a href="/machines" className="flex items-center gap-2 rounded-md px-2 py-1 hover:bg-hover">
      <StatusShape look={look} />
      <span className="sr-only">{look.word}: </span>
      <span className="truncate">{bridge.name}</span>
      <span className="ml-auto shrink-0 text-12 text-faint">
        {bridge.isKnown && bridge.isOnline && bridge.rttMs !== null && `${Math.round(bridge.rttMs)} ms`}
        {bridge.isKnown && !bridge.isOnline && bridge.since !== null && (
          <TimeText at={bridge.since}>since {shortMomentOf(bridge.since, now)}</TimeText>
        )}
      </span>
    </a>
  );
}
