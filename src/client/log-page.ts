import type { Clock } from '../base/clock.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { TaskRecord } from '../protocol/records/task-records.ts';
import type { LogEntry } from '../protocol/ui/log-entry.ts';
import type { FeedListener, StreamFeed } from './stream-feed.ts';

const PAGE_DEADLINE_MS = 30_000;

export interface FeedRequest {
  readonly after: number;
  readonly epoch: string | undefined;
  readonly listener: FeedListener<TaskRecord>;
}

interface PageSource {
  readonly clock: Clock;
  openFeed(request: FeedRequest): StreamFeed<TaskRecord>;
}

/** Reads the records `after + 1` to `until` of one epoch, through a feed of its own. The error is a sentence. */
export function readLogPage(
  source: PageSource,
  range: { readonly after: number; readonly until: number; readonly epoch: string },
): Promise<Result<readonly LogEntry[], string>> {
  return new Promise((resolve) => {
    const page: LogEntry[] = [];
    const finish = (result: Result<readonly LogEntry[], string>): void => {
      deadline.dispose();
      feed.dispose();
      resolve(result);
    };
    const reached = (number: number): void => {
      if (number >= range.until) finish(ok(page));
    };
    const deadline = source.clock.setTimeout(
      () => finish(err('The older part did not come within 30 seconds. Try again.')),
      PAGE_DEADLINE_MS,
    );
    // What comes goes through the connection's events, so never before `feed` is assigned.
    const feed = source.openFeed({
      after: range.after,
      epoch: range.epoch,
      listener: {
        onRecords(records) {
          for (const record of records) if (record.n <= range.until) page.push({ kind: 'record', record });
          reached(records.at(-1)?.n ?? 0);
        },
        onProblem(problem) {
          page.push({ kind: 'problem', problem });
          if (problem.kind !== 'old_epoch') reached(problem.last);
        },
        onRestart: () => finish(err('The log began anew on the machine.')),
        onCaughtUp: () => {},
      },
    });
  });
}
