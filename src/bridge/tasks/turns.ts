import type { Clock } from '../../base/clock.ts';
import { CodedError } from '../../base/errors.ts';
import { RECORD_MERGE_BYTES } from '../../protocol/limits.ts';
import type { MessageTable } from '../ports.ts';
import { splitText } from '../providers/output/split-text.ts';
import { promptOfMessage, promptOfResume, promptOfTask, type ToldTask } from '../providers/task-prompt.ts';
import { conversationOf } from './conversation.ts';
import type { JournalFacts } from './journal-facts.ts';
import type { JournalGate } from './journal-gate.ts';
import type { TaskLedger } from './task-ledger.ts';
import { taskPaths } from './task-paths.ts';

export interface TaskTurnsOptions {
  readonly ledger: TaskLedger;
  readonly messages: MessageTable;
  readonly gate: JournalGate;
  readonly facts: JournalFacts;
  readonly clock: Clock;
  /** The agent's working folder. */
  readonly cwd: string;
}

/** What an agent is told, and in which of its sessions. */
export interface Turn {
  readonly sessionId: string | null;
  readonly prompt: string;
  readonly logOffset: number;
  /** The message that it answers. */
  readonly messageId?: string | undefined;
}

/** A crash at the same place again and again must not go on for ever, because every attempt costs money. */
const RESUMES_MAX = 3;
const DURABLE_MS = 10_000;

/**
 * The turns of one task: its instructions first, then one for each message. Which message was given is in the task's
 * row, written before the agent is started, so that none is given twice.
 */
export class TaskTurns {
  readonly #options: TaskTurnsOptions;
  readonly #shown: Set<string>;
  #waiting = new Set<string>();
  #hasInstructions: boolean;

  constructor(options: TaskTurnsOptions) {
    this.#options = options;
    this.#shown = new Set(options.facts.messageIds);
    this.#hasInstructions = options.facts.hasInstructions;
  }

  /** Puts what people said into the journal, each thing once, also that something will not be given any more. */
  show(): void {
    const { ledger, messages, gate } = this.#options;
    const { task } = ledger;
    if (!this.#hasInstructions) this.#say(task.launch.instructions);
    this.#hasInstructions = true;
    const given = messages.find(task.taskId, task.turn.messagePosition);
    const waiting = messages.waiting(task);
    for (const { messageId, text } of given ? [given, ...waiting] : waiting) {
      if (!this.#shown.has(messageId)) this.#say(text, messageId);
      this.#shown.add(messageId);
    }
    const left = new Set(waiting.map(({ messageId }) => messageId));
    const dropped = [...this.#waiting].filter((id) => !left.has(id) && id !== given?.messageId);
    if (dropped.length > 0) gate.append({ type: 'notice', level: 'warning', text: wordsOfDropped(dropped.length) });
    this.#waiting = left;
  }

  /** Begins the next turn. From here on its message is never given again. */
  async begin(logOffset: number): Promise<Turn> {
    const { ledger, messages, gate, clock } = this.#options;
    const { task } = ledger;
    if (task.startedAt === null) {
      ledger.patch({ startedAt: clock.now(), turn: { logOffset, messagePosition: 0, resumes: 0 } });
      return { sessionId: null, prompt: promptOfTask(this.#task()), logOffset };
    }
    // The journal must not end with the turn before when the row says that this one runs: see recovery.ts.
    if (!(await gate.durable(DURABLE_MS))) throw new CodedError('storage_failed', 'The disk takes no more records.');
    const message = messages.waiting(task)[0];
    const messagePosition = message?.position ?? task.turn.messagePosition;
    ledger.patch({ turn: { logOffset, messagePosition, resumes: 0 } });
    const { sessionId } = task;
    const prompt = promptOfMessage(this.#task(), sessionId, message?.text ?? '');
    return { sessionId, logOffset, prompt, messageId: message?.messageId };
  }

  /** Goes on with the turn that a crash of the bridge cut off, or undefined if that cannot be or was tried enough. */
  resume(logOffset: number): Turn | undefined {
    const { task } = this.#options.ledger;
    const { sessionId, turn } = task;
    if (sessionId === null || turn.resumes >= RESUMES_MAX) return undefined;
    this.#options.ledger.patch({ turn: { ...turn, logOffset, resumes: turn.resumes + 1 } });
    return { sessionId, logOffset, prompt: promptOfResume(this.#lastSaid()) };
  }

  /** Says the turn's message again, to a new session that is told what was said so far. */
  async renew(logOffset: number): Promise<Turn> {
    const { ledger, gate } = this.#options;
    const { task } = ledger;
    await gate.durable(DURABLE_MS);
    const soFar = await conversationOf(taskPaths(task.folder).journal);
    ledger.patch({ sessionId: null, turn: { ...task.turn, logOffset } });
    const prompt = [promptOfTask(this.#task()), '', soFar, '', this.#lastSaid()].join('\n');
    return { sessionId: null, logOffset, prompt };
  }

  #task(): ToldTask {
    const { ledger, cwd } = this.#options;
    const { launch, folder } = ledger.task;
    return { launch, folder, cwd };
  }

  #lastSaid(): string {
    const { ledger, messages } = this.#options;
    const { taskId, turn, launch } = ledger.task;
    return messages.find(taskId, turn.messagePosition)?.text ?? launch.instructions;
  }

  #say(text: string, messageId?: string): void {
    for (const piece of splitText(text, RECORD_MERGE_BYTES)) {
      const content = { type: 'text', text: piece } as const;
      this.#options.gate.append({ type: 'user_message_chunk', content, ...(messageId && { messageId }) });
    }
  }
}

function wordsOfDropped(count: number): string {
  const what = count === 1 ? 'One message was' : `${count} messages were`;
  return `${what} not given to the agent, because the task was cancelled.`;
}
