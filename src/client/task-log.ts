import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { Emitter } from '../base/emitter.ts';
import { ok, type Result } from '../base/result.ts';
import type { TaskRecord } from '../protocol/records/task-records.ts';
import type { LogEntry } from '../protocol/ui/log-entry.ts';
import { type FeedRequest, readLogPage } from './log-page.ts';
import type { StreamFeed } from './stream-feed.ts';

/** Newest entries that are kept; older ones are dropped and can be paged back. */
export const LOG_ENTRIES_MAX = 40_000;
export const LOG_PAGE_RECORDS = 5_000;
const LOG_CHARACTERS_MAX = 32 * 1024 * 1024;

export type TaskLogChange =
  | { readonly kind: 'appended'; readonly entries: readonly LogEntry[] }
  /** Entries came or went at the beginning, or the log began anew: read all of {@link TaskLog.entries} again. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'caught_up' };

export interface TaskLogOptions {
  readonly taskId: string;
  readonly clock: Clock;
  openFeed(request: FeedRequest): StreamFeed<TaskRecord>;
}

/** A task's log as it grows, opened and checked, the newest part in memory. Released by `dispose`. */
export class TaskLog implements Disposable {
  readonly #options: TaskLogOptions;
  readonly #changed = new Emitter<TaskLogChange>();
  readonly onDidChange = this.#changed.event;
  readonly #feed: StreamFeed<TaskRecord>;
  #entries: LogEntry[] = [];
  #characters = 0;
  #isCaughtUp = false;
  /** Number of the last record before `entries`. */
  #before = 0;
  /** More room while a person reads what was paged back. */
  #pagesBack = 0;
  #paging: Promise<Result<number, string>> | undefined;

  constructor(options: TaskLogOptions) {
    this.#options = options;
    this.#feed = options.openFeed({ after: 0, epoch: undefined, listener: this.#listener() });
  }

  get taskId(): string {
    return this.#options.taskId;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Everything that was stored when the log was opened is here. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Records before the first entry; page them back with {@link loadEarlier}. */
  get earlierRecords(): number {
    return this.#before;
  }

  get lastNumber(): number {
    const last = this.#entries.findLast((entry) => entry.kind === 'record');
    return last?.kind === 'record' ? last.record.n : this.#before;
  }

  /** Puts up to {@link LOG_PAGE_RECORDS} older records in front. The error is a sentence. */
  loadEarlier(): Promise<Result<number, string>> {
    this.#paging ??= this.#loadPage().finally(() => {
      this.#paging = undefined;
    });
    return this.#paging;
  }

  dispose(): void {
    this.#feed.dispose();
  }

  #listener(): FeedRequest['listener'] {
    return {
      onRecords: (records) => this.#append(records.map((record) => ({ kind: 'record', record }))),
      onProblem: (problem) => this.#append([{ kind: 'problem', problem }]),
      onRestart: () => this.#replace([], 0, 0),
      onCaughtUp: () => {
        this.#isCaughtUp = true;
        this.#changed.fire({ kind: 'caught_up' });
      },
    };
  }

  #append(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#entries.push(entry);
    this.#characters += charactersOf(entries);
    const pages = 1 + this.#pagesBack;
    if (this.#entries.length > LOG_ENTRIES_MAX * pages || this.#characters > LOG_CHARACTERS_MAX * pages) this.#trim();
    else this.#changed.fire({ kind: 'appended', entries });
  }

  /** Drops a quarter at once, so that trimming costs little per record. */
  #trim(): void {
    this.#pagesBack = 0;
    let from = Math.max(1, this.#entries.length - Math.floor(LOG_ENTRIES_MAX * 0.75));
    let characters = this.#characters - charactersOf(this.#entries, 0, from);
    while (characters > LOG_CHARACTERS_MAX * 0.75 && from < this.#entries.length - 1)
      characters -= charactersOf(this.#entries, from, ++from);
    const before = lastNumberOf(this.#entries, from) ?? this.#before;
    this.#replace(this.#entries.slice(from), characters, before);
  }

  #replace(entries: LogEntry[], characters: number, before: number): void {
    this.#entries = entries;
    this.#characters = characters;
    this.#before = before;
    this.#changed.fire({ kind: 'replaced' });
  }

  async #loadPage(): Promise<Result<number, string>> {
    const until = this.#before;
    const epoch = this.#feed.epoch;
    if (until === 0 || epoch === undefined) return ok(0);
    const after = Math.max(0, until - LOG_PAGE_RECORDS);
    const page = await readLogPage(this.#options, { after, until, epoch });
    if (!page.ok) return page;
    // Trimmed or begun anew meanwhile: the page no longer fits in front of what is here.
    if (this.#before !== until || this.#feed.epoch !== epoch) return ok(0);
    this.#pagesBack++;
    this.#replace([...page.value, ...this.#entries], charactersOf(page.value) + this.#characters, after);
    return ok(page.value.length);
  }
}

function lastNumberOf(entries: readonly LogEntry[], end: number): number | undefined {
  for (let at = end - 1; at >= 0; at--) {
    const entry = entries[at];
    if (entry?.kind === 'record') return entry.record.n;
    if (entry?.kind === 'problem' && 'last' in entry.problem) return entry.problem.last;
  }
  return undefined;
}

/** A measure of memory, not of what is shown: text is what makes records large. */
function charactersOf(entries: readonly LogEntry[], from = 0, end = entries.length): number {
  let sum = 0;
  for (let at = from; at < end; at++) {
    const entry = entries[at];
    sum += entry?.kind === 'record' ? sizeOf(entry.record) : 100;
  }
  return sum;
}

function sizeOf(record: TaskRecord): number {
  switch (record.type) {
    case 'output_chunk':
      return 200 + record.text.length;
    case 'agent_message_chunk':
    case 'agent_thought_chunk':
    case 'user_message_chunk':
      return 200 + record.content.text.length;
    case 'tool_call':
    case 'tool_call_update':
      return 500 + JSON.stringify([record.rawInput, record.rawOutput, record.content]).length;
    default:
      return 500;
  }
}
