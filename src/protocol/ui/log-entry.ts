import type { TaskRecord } from '../records/task-records.ts';

/** Something that should be in a log and is not, or that nobody vouches for. Always shown, where it happened. */
export type LogProblem =
  /** Records `first` to `last` came but their seal does not open: changed on the way, or sealed with another key. */
  | { readonly kind: 'not_opened'; readonly first: number; readonly last: number; readonly message: string }
  /** Records `first` to `last` never came. */
  | { readonly kind: 'gap'; readonly first: number; readonly last: number }
  /** The server says that it removed records `first` to `last` at `at`, to make room. */
  | { readonly kind: 'removed'; readonly first: number; readonly last: number; readonly at: number }
  /** What the server can see of these records is not what they say. */
  | { readonly kind: 'header_mismatch'; readonly first: number; readonly last: number }
  /** The server sent a life of this log that another one had replaced. */
  | { readonly kind: 'old_epoch' };

/** What a log is made of, in order. */
export type LogEntry =
  | { readonly kind: 'record'; readonly record: TaskRecord }
  | { readonly kind: 'problem'; readonly problem: LogProblem }
  /** Something that this device saw happen while the log was open, such as a machine that came back. */
  | { readonly kind: 'mark'; readonly at: number; readonly text: string };
