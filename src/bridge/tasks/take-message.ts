import type { Clock } from '../../base/clock.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { TaskPrompt } from '../../protocol/wire/commands.ts';
import type { MessageTable, StoredTask, TaskTable } from '../ports.ts';
import type { Provider } from '../providers/provider.ts';
import { sentenceOfRemoval } from '../retention/removal-words.ts';

const WAITING_MAX = 20;

export interface MessageContext {
  readonly tasks: TaskTable;
  readonly messages: MessageTable;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly clock: Clock;
}

/** Keeps a message for its task. Called in a transaction; the task goes on with it afterwards. */
export function takeMessage(
  { taskId, text }: TaskPrompt,
  { commandId, deviceId }: { readonly commandId: string; readonly deviceId: string },
  { tasks, messages, providers, clock }: MessageContext,
): Result<void, Reason> {
  const task = tasks.get(taskId);
  if (!task) return refuse('task_unknown', `There is no task with the id ${taskId}.`);
  if (task.removal) return refuse('task_files_removed', sentenceOfRemoval(task.removal));
  const provider = providers.get(task.launch.provider);
  if (!provider) return refuse('provider_unknown', `This machine has no provider "${task.launch.provider}".`);
  if (!provider.hasSessions) return refuse('messages_unsupported', `${provider.name} takes no further messages.`);
  if (isTerminal(task.state) && task.startedAt === null) {
    return refuse('task_ended', 'The task ended before it began. Launch it again.');
  }
  if (messages.waiting(task).length >= WAITING_MAX) {
    return refuse('queue_full', `${WAITING_MAX} messages wait for this task already.`);
  }
  messages.add({ messageId: commandId, taskId, deviceId, text, createdAt: clock.now() });
  return ok(undefined);
}

/** An ended task that goes on. */
export function queuedAgain(task: StoredTask): StoredTask {
  return { ...task, state: 'queued', reason: null, isCancelRequested: false, process: null, endedAt: null };
}

function refuse(code: string, message: string): Result<never, Reason> {
  return err({ code, message });
}
