import { useEffect, useState } from 'react';
import { absoluteOf } from '../base/times.ts';

/** The time now, again every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A relative time that tells the absolute one when it is pointed at. */
export function TimeText({ at, children, className }: { at: number; children: React.ReactNode; className?: string }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={absoluteOf(at)} className={className}>
      {children}
    </time>
  );
}
