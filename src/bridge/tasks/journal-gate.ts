import { type Clock, sleep } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { Journal, Logger } from '../ports.ts';
import { fitRecord } from './fit-record.ts';

export interface JournalGateOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly taskId: string;
}

/** Above this, whoever makes records waits until they are on the disk. */
const UNFLUSHED_MAX_CHARACTERS = 256 * 1024;
const RETRY_MS = 1_000;

/** The way into a task's journal: no record is too large, and not much is on the way to the disk at once. */
export class JournalGate {
  readonly #options: JournalGateOptions;
  #unflushed = 0;

  constructor(options: JournalGateOptions) {
    this.#options = options;
  }

  append(record: NewTaskRecord): void {
    this.#unflushed += costOf(record);
    this.#options.journal.append(isSmall(record) ? record : fitRecord(record));
  }

  /** Resolves when more may be appended. A full disk makes it wait, and the agent's output waits in its file. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#unflushed < UNFLUSHED_MAX_CHARACTERS) return;
    while (!(await this.#flush())) {
      if (signal.aborted) return;
      await sleep(this.#options.clock, RETRY_MS);
    }
  }

  /** Whether everything appended became durable before `deadlineMs` passed. */
  async durable(deadlineMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + deadlineMs;
    while (!(await this.#flush())) {
      if (clock.monotonicMs() >= endMs) return false;
      await sleep(clock, RETRY_MS);
    }
    return true;
  }

  async #flush(): Promise<boolean> {
    const { journal, logger, taskId } = this.#options;
    const before = this.#unflushed;
    try {
      await journal.flush();
      this.#unflushed -= before;
      return true;
    } catch (error) {
      logger.warn({ event: 'journal_flush_failed', taskId, error: messageOf(error) });
      return false;
    }
  }
}

const SMALL_TEXT_LENGTH = 16 * 1024;

// Most records are a short text: for them counting characters is enough, and much cheaper than serializing twice.
function textOf(record: NewTaskRecord): string | undefined {
  if (record.type === 'agent_message_chunk' || record.type === 'agent_thought_chunk') return record.content.text;
  return record.type === 'output_chunk' ? record.text : undefined;
}

function isSmall(record: NewTaskRecord): boolean {
  const text = textOf(record);
  return text !== undefined && text.length <= SMALL_TEXT_LENGTH;
}

function costOf(record: NewTaskRecord): number {
  return 200 + (textOf(record)?.length ?? JSON.stringify(record).length);
}
