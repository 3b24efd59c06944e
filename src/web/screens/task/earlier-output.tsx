import { useState } from 'react';
import { countOf } from '../../../base/times.ts';
import { Button } from '../../../ui/button.tsx';
import type { OpenLog } from '../../app/use-task-log.ts';

/** Stands in front of a log whose beginning is no longer in memory. */
export function EarlierOutput({ open }: { open: OpenLog }) {
  const [isLoading, setIsLoading] = useState(false);
  const [problem, setProblem] = useState('');
  const { earlierRecords } = open.log;
  if (earlierRecords === 0) return null;
  const load = async (): Promise<void> => {
    setIsLoading(true);
    const loaded = await open.log.loadEarlier();
    setProblem(loaded.ok ? '' : loaded.error);
    setIsLoading(false);
  };
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3 text-12 text-dim">
      <span>{countOf(earlierRecords, 'earlier record')} not loaded</span>
      <Button disabled={isLoading} onClick={() => void load().catch(() => setIsLoading(false))}>
        {isLoading ? 'Loading' : 'Load earlier output'}
      </Button>
      {problem !== '' && (
        <span role="alert" className="text-bad">
          {problem}
        </span>
      )}
    </div>
  );
}
