import { useEffect, useMemo, useState } from 'react';
import type { LogBlock } from './log-blocks.ts';
import { createFailureFinder, createTextFinder, type LogPlace } from './log-finder.ts';

export interface LogFind {
  readonly query: string;
  setQuery(query: string): void;
  readonly found: readonly LogPlace[];
  readonly failures: readonly LogPlace[];
  /** What is shown now, and which one of `found` it is, from 0; -1 if it is none of them. */
  readonly place: LogPlace | null;
  readonly foundAt: number;
  readonly failureAt: number;
  /** The next one after what is shown, or the one before it; from the end it goes on at the other. */
  showFound(by: 1 | -1): void;
  showFailure(): void;
  clear(): void;
}

/** Searching in a log, and stepping through what went wrong in it. `onShow`: a place is brought into sight. */
export function useLogFind(blocks: readonly LogBlock[], onShow: () => void): LogFind {
  const [query, setQuery] = useState('');
  const [place, setPlace] = useState<LogPlace | null>(null);
  const findText = useMemo(() => createTextFinder(query.trim()), [query]);
  const findFailures = useMemo(() => createFailureFinder(), []);
  const found = useMemo(() => findText(blocks), [findText, blocks]);
  const failures = useMemo(() => findFailures(blocks), [findFailures, blocks]);
  // What was shown of another search is no answer to this one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => setPlace(null), [query]);
  const show = (places: readonly LogPlace[], by: 1 | -1): void => {
    if (places.length === 0) return;
    const at = indexOf(places, place);
    const next = at < 0 ? (by > 0 ? 0 : places.length - 1) : (at + by + places.length) % places.length;
    onShow();
    // A new object, so that the same place is shown again if the reader has scrolled away.
    setPlace({ ...(places[next] as LogPlace) });
  };
  return {
    query: query.trim(),
    setQuery,
    found,
    failures,
    place,
    foundAt: indexOf(found, place),
    failureAt: indexOf(failures, place),
    showFound: (by) => show(found, by),
    showFailure: () => show(failures, 1),
    clear() {
      setQuery('');
      setPlace(null);
    },
  };
}

function indexOf(places: readonly LogPlace[], wanted: LogPlace | null): number {
  if (!wanted) return -1;
  return places.findIndex(({ blockId, line }) => blockId === wanted.blockId && line === wanted.line);
}
