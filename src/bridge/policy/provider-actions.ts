import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason, ReasonCode } from '../../protocol/reason-codes.ts';
import type { Logger, StoredTask, TaskTable } from '../ports.ts';
import type { PreparedAction, Provider } from '../providers/provider.ts';
import type { VerifiedCommand } from './command-body.ts';

type ActionCommand = Extract<VerifiedCommand, { readonly action: 'provider_action' }>;

export interface ProviderActions {
  /** Synchronous; changes nothing. */
  check(command: ActionCommand): Result<void, Reason>;
  /** After the commit of one that passed. */
  run(command: ActionCommand): void;
}

export interface ProviderActionsOptions {
  readonly providers: readonly Provider[];
  readonly tasks: TaskTable;
  readonly logger: Logger;
}

interface Prepared {
  readonly action: PreparedAction;
  readonly task: StoredTask;
}

/** Commands that only one provider understands, about one of its tasks. */
export function createProviderActions(options: ProviderActionsOptions): ProviderActions {
  return {
    check(command) {
      const prepared = prepare(options, command);
      return prepared.ok ? ok(undefined) : prepared;
    },
    run(command) {
      const prepared = prepare(options, command);
      if (!prepared.ok) return;
      const { action, task } = prepared.value;
      drop(action.run(task), (error) => {
        const { name, envelope } = command;
        const facts = { action: name, commandId: envelope.commandId, taskId: task.taskId, error: messageOf(error) };
        options.logger.warn({ event: 'provider_action_failed', ...facts }, 'An action could not be carried out');
      });
    },
  };
}

/** Actions whose names begin with the id of a provider that takes some are for that one only. */
export function ownerOfAction(providers: readonly Provider[], action: string): string | undefined {
  return providers.find(({ id, actions }) => actions && action.startsWith(`${id}_`))?.id;
}

function prepare({ providers, tasks }: ProviderActionsOptions, command: ActionCommand): Result<Prepared, Reason> {
  const provider = providers.find(({ id }) => id === command.provider);
  if (!provider?.actions)
    return refuse('provider_unknown', `This bridge has no provider “${command.provider}” that takes actions.`);
  const read = provider.actions[command.name];
  if (!read)
    return refuse('action_unknown', `This bridge does not know the action “${command.name}”. Is it up to date?`);
  const action = read(command.body);
  if (!action.ok) return action;
  const { taskId, needsTurn } = action.value;
  // What the server was told in clear must be what was sealed.
  if ((command.envelope.taskId ?? taskId) !== taskId)
    return refuse('command_malformed', 'taskId: is not the one on the envelope.');
  const task = tasks.get(taskId);
  if (!task) return refuse('task_unknown', `There is no task with the id ${taskId}.`);
  if (task.launch.provider !== provider.id)
    return refuse('action_not_for_provider', `The task ${taskId} is not one of ${provider.name}.`);
  if (needsTurn && task.state !== 'running' && task.state !== 'waiting')
    return refuse('task_ended', `${provider.name} does not work on the task now.`);
  return ok({ action: action.value, task });
}

function refuse(code: ReasonCode, message: string): Result<never, Reason> {
  return err({ code, message });
}
