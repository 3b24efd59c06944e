/** What each accepted command does. Runs inside the transaction that marks the command, so only tables are touched. */
import { assertNever } from '../../base/assert-never.ts';
import { fromBase64 } from '../../base/base64.ts';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { FilePut } from '../../protocol/wire/commands.ts';
import type { FileSpool, Logger, ProviderDirectory, TaskService } from '../ports.ts';
import type { RosterTable } from '../store/roster-table.ts';
import type { VerifiedCommand } from './command-body.ts';
import type { ProviderActions } from './provider-actions.ts';

export interface CommandEffects {
  /** Synchronous. A refusal has changed nothing; an exception rolls everything back. */
  run(command: VerifiedCommand): Result<void, Reason>;
  /** After the commit of one that `run` did not refuse. */
  didCommit(command: VerifiedCommand): void;
}

export interface CommandEffectsOptions {
  readonly tasks: TaskService;
  readonly actions: ProviderActions;
  readonly spool: FileSpool;
  readonly providers: ProviderDirectory;
  readonly roster: RosterTable;
  readonly logger: Logger;
}

export function createCommandEffects(options: CommandEffectsOptions): CommandEffects {
  return { run: (command) => run(options, command), didCommit: (command) => didCommit(options, command) };
}

function run({ tasks, spool, roster, actions }: CommandEffectsOptions, command: VerifiedCommand): Result<void, Reason> {
  const { commandId, deviceId } = command.envelope;
  switch (command.action) {
    case 'task_launch':
      return tasks.launch(command.body, { commandId, deviceId });
    case 'task_cancel':
      return tasks.cancel(command.body.taskId);
    case 'task_prompt':
      return tasks.prompt(command.body, { commandId, deviceId });
    case 'approval_answer':
      return tasks.answerApproval(command.body, { kind: 'device', deviceId });
    case 'file_put':
      return putFile(spool, command.body);
    case 'provider_sync':
      return ok(undefined);
    case 'roster_update':
      roster.keep(command.roster, command.body);
      return ok(undefined);
    case 'provider_action':
      return actions.check(command);
    default:
      return assertNever(command, 'command');
  }
}

function didCommit({ tasks, providers, actions, logger }: CommandEffectsOptions, command: VerifiedCommand): void {
  switch (command.action) {
    case 'task_launch':
    case 'task_cancel':
    case 'task_prompt':
    case 'approval_answer':
      tasks.wake();
      break;
    case 'provider_sync':
      drop(providers.refresh(), (error) =>
        logger.error({ event: 'provider_sync_failed', problem: messageOf(error) }, 'Providers were not discovered'),
      );
      break;
    case 'provider_action':
      actions.run(command);
      break;
    case 'file_put':
    case 'roster_update':
      break;
    default:
      assertNever(command, 'command');
  }
}

function putFile(spool: FileSpool, { fileId, offsetBytes, data }: FilePut): Result<void, Reason> {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(data);
  } catch {
    return err({ code: 'command_malformed', message: 'data: is not valid base64' });
  }
  return spool.write(fileId, offsetBytes, bytes);
}
