import { CodedError } from '../../base/errors.ts';
import { MACHINE } from '../../protocol/names.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import { createId } from '../../sealing/random.ts';
import type { AuditTrail, MessageTable, TaskService, TaskTable, Transaction } from '../ports.ts';

export interface LocalMessagesOptions {
  readonly messages: MessageTable;
  readonly taskTable: TaskTable;
  readonly tasks: TaskService;
  readonly transaction: Transaction;
  readonly audit: AuditTrail;
}

/** What whoever sits at this machine says to a task's agent: the same way as a device's message, without a seal. */
export class LocalMessages {
  readonly #options: LocalMessagesOptions;

  constructor(options: LocalMessagesOptions) {
    this.#options = options;
  }

  /** Returns the message's id. Throws a CodedError if it is not taken, with the reason that a device would be told. */
  say(taskId: string, text: string): string {
    const { tasks, transaction, audit } = this.#options;
    const messageId = createId();
    const from = { commandId: messageId, deviceId: MACHINE };
    const result = transaction(() => tasks.prompt({ taskId, text }, from));
    // Never the words: the log is for who did what.
    const facts = { taskId, messageId, by: MACHINE, bytes: Buffer.byteLength(text) } as const;
    if (!result.ok) {
      const { code, message } = result.error;
      audit.append({ event: 'message_refused', ...facts, code, message });
      throw new CodedError(code, message);
    }
    audit.append({ event: 'message_taken', ...facts });
    tasks.wake();
    return messageId;
  }

  /** The task has ended, and nothing was said that it goes on with. */
  hasEnded(taskId: string): boolean {
    const { taskTable, messages } = this.#options;
    const task = taskTable.get(taskId);
    return !task || (isTerminal(task.state) && messages.waiting(task).length === 0);
  }
}
