import { isTerminal } from '../../protocol/task-state.ts';
import type { TaskStateChange } from '../../protocol/wire/segment-header.ts';
import type { TaskView } from '../../protocol/wire/web.ts';
import type { Database } from './database.ts';
import { toStoredTime } from './identifiers.ts';
import type { Row } from './schema.ts';

const LIST_MAX = 500;
/** Of a task that no command launched. No command has this id. */
const NO_COMMAND = '';

/** Newest first: the unfinished ones always, and as many of the others as fit a list. */
export async function listTasks(db: Database, accountId: string): Promise<readonly TaskView[]> {
  const rows = await db
    .selectFrom('tasks')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('task_id', 'desc')
    .limit(LIST_MAX)
    .execute();
  const seen = new Set(rows.map((row) => row.task_id));
  const older = await db
    .selectFrom('tasks')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('state', 'in', ['queued', 'preparing', 'running', 'waiting'])
    .orderBy('created_at', 'desc')
    .limit(LIST_MAX)
    .execute();
  return [...rows, ...older.filter((row) => !seen.has(row.task_id))].map(viewOfTask);
}

export async function findTask(db: Database, accountId: string, taskId: string): Promise<Row<'tasks'> | undefined> {
  return db
    .selectFrom('tasks')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('task_id', '=', taskId)
    .executeTakeFirst();
}

interface Source {
  readonly accountId: string;
  readonly bridgeId: string;
}

/**
 * Applies what a bridge says of one of its own tasks, and lists one that was started there. Returns whether there is such
 * a task: a word about anything else changes nothing.
 */
export async function applyTaskState(tx: Database, from: Source, change: TaskStateChange): Promise<boolean> {
  if (change.launch) await insertLocalTask(tx, from, change, change.launch);
  const at = toStoredTime(change.at);
  const isBefore = change.state === 'queued' || change.state === 'preparing';
  const result = await tx
    .updateTable('tasks')
    .set((set) => ({
      state: change.state,
      code: change.code ?? null,
      // Its machine has it: nothing waits for that any more.
      deadline: at,
      started_at: isBefore
        ? null
        : change.state === 'running'
          ? set.fn.coalesce('started_at', set.val(at))
          : set.ref('started_at'),
      // Of a task that is to go on its last end stays until it runs: so it differs from one that never began.
      ended_at: isTerminal(change.state) ? at : isBefore ? set.ref('ended_at') : null,
    }))
    .where('account_id', '=', from.accountId)
    .where('bridge_id', '=', from.bridgeId)
    .where('task_id', '=', change.taskId)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

async function insertLocalTask(
  tx: Database,
  { accountId, bridgeId }: Source,
  { taskId, state, at }: TaskStateChange,
  { provider, label }: Required<TaskStateChange>['launch'],
): Promise<void> {
  const createdAt = toStoredTime(at);
  await tx
    .insertInto('tasks')
    .values({
      account_id: accountId,
      task_id: taskId,
      bridge_id: bridgeId,
      provider,
      state,
      code: null,
      label,
      created_at: createdAt,
      started_at: null,
      ended_at: null,
      deadline: createdAt,
      command_id: NO_COMMAND,
    })
    .onConflict((conflict) => conflict.columns(['account_id', 'task_id']).doNothing())
    .execute();
}

export function viewOfTask(row: Row<'tasks'>): TaskView {
  return {
    taskId: row.task_id,
    bridgeId: row.bridge_id,
    provider: row.provider,
    state: row.state,
    code: row.code,
    label: row.label,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    deadline: row.deadline,
  };
}
