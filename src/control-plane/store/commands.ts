/** Commands as rows: their numbers in the bridge's stream, and what became of them. */
import type { CommandOutcome } from '../../protocol/wire/segment-header.ts';
import type { Database } from './database.ts';
import type { Row } from './schema.ts';

export type StoredCommand = Row<'commands'>;

export interface CommandEnd {
  readonly accountId: string;
  readonly commandId: string;
  readonly outcome: 'done' | 'rejected' | 'expired';
  readonly code: string | null;
  /** The task whose shown state changed with it. */
  readonly taskId: string | null;
}

export async function findCommand(
  db: Database,
  accountId: string,
  commandId: string,
): Promise<StoredCommand | undefined> {
  return db
    .selectFrom('commands')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('command_id', '=', commandId)
    .executeTakeFirst();
}

/**
 * Applies what a bridge says of a command that was meant for it; undefined if there is none. A launch that the bridge
 * refused ends its task, unless the task got a state of its own before.
 */
export async function applyCommandOutcome(
  tx: Database,
  from: { accountId: string; bridgeId: string },
  outcome: CommandOutcome,
): Promise<CommandEnd | undefined> {
  const command = await findCommand(tx, from.accountId, outcome.commandId);
  if (command?.bridge_id !== from.bridgeId) return undefined;
  const code = outcome.code ?? null;
  await setState(tx, command, outcome.outcome, code);
  const isTaskChanged = await showOnTask(tx, command, shownAs(outcome.outcome, code), code);
  return endOf(command, outcome.outcome, code, isTaskChanged);
}

/** Marks what no bridge acknowledged before its deadline. */
export async function expireCommands(db: Database, now: number, limit: number): Promise<readonly CommandEnd[]> {
  return db.transaction().execute(async (tx) => {
    const due = await tx
      .selectFrom('commands')
      .selectAll()
      .where('state', '=', 'waiting')
      .where('deadline', '<=', now)
      .orderBy('deadline')
      .limit(limit)
      .execute();
    const ends: CommandEnd[] = [];
    for (const command of due) {
      await setState(tx, command, 'expired', 'command_expired');
      const isTaskChanged = await showOnTask(tx, command, 'expired', 'command_expired');
      ends.push(endOf(command, 'expired', 'command_expired', isTaskChanged));
    }
    return ends;
  });
}

/** The bridge will never come for them: its device was revoked. */
export async function rejectWaiting(db: Database, bridgeId: string, code: string): Promise<readonly CommandEnd[]> {
  return db.transaction().execute(async (tx) => {
    const waiting = await tx
      .selectFrom('commands')
      .selectAll()
      .where('bridge_id', '=', bridgeId)
      .where('state', '=', 'waiting')
      .execute();
    const ends: CommandEnd[] = [];
    for (const command of waiting) {
      await setState(tx, command, 'rejected', code);
      ends.push(endOf(command, 'rejected', code, await showOnTask(tx, command, 'rejected', code)));
    }
    return ends;
  });
}

export async function earliestDeadline(db: Database): Promise<number | undefined> {
  const row = await db
    .selectFrom('commands')
    .select('deadline')
    .where('state', '=', 'waiting')
    .orderBy('deadline')
    .limit(1)
    .executeTakeFirst();
  return row?.deadline;
}

async function setState(
  tx: Database,
  command: StoredCommand,
  state: StoredCommand['state'],
  code: string | null,
): Promise<void> {
  await tx
    .updateTable('commands')
    .set({ state, code })
    .where('account_id', '=', command.account_id)
    .where('command_id', '=', command.command_id)
    .execute();
}

/** A bridge refuses by itself what came after its deadline: to a person that is the same as never having come. */
function shownAs(outcome: CommandOutcome['outcome'], code: string | null): 'queued' | 'rejected' | 'expired' {
  if (outcome === 'done') return 'queued';
  return code === 'command_expired' ? 'expired' : 'rejected';
}

/** Only a task that no bridge has taken yet takes its state from the launch. */
async function showOnTask(
  tx: Database,
  command: StoredCommand,
  state: 'queued' | 'rejected' | 'expired',
  code: string | null,
): Promise<boolean> {
  if (command.action !== 'task_launch' || command.task_id === null) return false;
  const result = await tx
    .updateTable('tasks')
    .set({ state, code })
    .where('account_id', '=', command.account_id)
    .where('task_id', '=', command.task_id)
    .where('command_id', '=', command.command_id)
    .where('state', 'in', state === 'queued' ? ['expired'] : ['queued', 'expired'])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

function endOf(
  command: StoredCommand,
  outcome: CommandEnd['outcome'],
  code: string | null,
  isTaskChanged: boolean,
): CommandEnd {
  return {
    accountId: command.account_id,
    commandId: command.command_id,
    outcome,
    code,
    taskId: isTaskChanged ? command.task_id : null,
  };
}
