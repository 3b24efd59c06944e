import type { FinishedTask, StoredRemoval, StoredTask, TaskTable } from '../ports.ts';
import type { SqlDatabase, SqlRow } from './state-database.ts';

const COLUMNS = `task_id, command_id, device_id, launch, folder, state, reason, is_cancel_requested, process,
  session_id, created_at, started_at, ended_at, log_offset, message_position, resumes, removal`;
const PLACES = COLUMNS.replaceAll(/\w+/g, '?');
// Spelled as in the partial index, or SQLite would not use it.
const UNFINISHED = `state NOT IN ('succeeded', 'failed', 'cancelled', 'interrupted')`;
const FINISHED = `state IN ('succeeded', 'failed', 'cancelled', 'interrupted')`;

export function createTaskTable(sql: SqlDatabase): TaskTable {
  const get = sql.prepare('SELECT * FROM tasks WHERE task_id = ?');
  const put = sql.prepare(`INSERT OR REPLACE INTO tasks (${COLUMNS}) VALUES (${PLACES})`);
  const list = sql.prepare('SELECT * FROM tasks ORDER BY created_at DESC, task_id DESC');
  const listUnfinished = sql.prepare(`SELECT * FROM tasks WHERE ${UNFINISHED} ORDER BY created_at DESC, task_id DESC`);
  const listFinished = sql.prepare(
    `SELECT task_id, folder, removal, coalesce(ended_at, created_at) AS last_at, launch ->> '$.title' AS title,
       launch ->> '$.workspace' AS workspace, launch -> '$.project' AS project
     FROM tasks WHERE ${FINISHED} AND (removal IS NULL OR NOT removal ->> '$.isDone') ORDER BY last_at, task_id`,
  );
  return {
    get(taskId) {
      const row = get.get(taskId);
      return row && taskOf(row);
    },
    put(task) {
      put.run(
        task.taskId,
        task.commandId,
        task.deviceId,
        JSON.stringify(task.launch),
        task.folder,
        task.state,
        task.reason && JSON.stringify(task.reason),
        task.isCancelRequested ? 1 : 0,
        task.process && JSON.stringify(task.process),
        task.sessionId,
        task.createdAt,
        task.startedAt,
        task.endedAt,
        task.turn.logOffset,
        task.turn.messagePosition,
        task.turn.resumes,
        task.removal && JSON.stringify(task.removal),
      );
    },
    list: () => list.all().map(taskOf),
    listUnfinished: () => listUnfinished.all().map(taskOf),
    listFinished: () => listFinished.all().map(finishedOf),
  };
}

// What was written by `put` is trusted; the casts say so.
function taskOf(row: SqlRow): StoredTask {
  return {
    taskId: row.task_id as string,
    commandId: row.command_id as string,
    deviceId: row.device_id as string,
    launch: JSON.parse(row.launch as string) as StoredTask['launch'],
    folder: row.folder as string,
    state: row.state as StoredTask['state'],
    reason: parsed<NonNullable<StoredTask['reason']>>(row.reason),
    isCancelRequested: row.is_cancel_requested === 1,
    process: parsed<NonNullable<StoredTask['process']>>(row.process),
    sessionId: row.session_id as string | null,
    turn: {
      logOffset: row.log_offset as number,
      messagePosition: row.message_position as number,
      resumes: row.resumes as number,
    },
    createdAt: row.created_at as number,
    startedAt: row.started_at as number | null,
    endedAt: row.ended_at as number | null,
    removal: parsed<StoredRemoval>(row.removal),
  };
}

function finishedOf(row: SqlRow): FinishedTask {
  return {
    taskId: row.task_id as string,
    title: row.title as string,
    workspace: row.workspace as string,
    project: parsed<NonNullable<FinishedTask['project']>>(row.project),
    folder: row.folder as string,
    endedAt: row.last_at as number,
    removal: parsed<StoredRemoval>(row.removal),
  };
}

function parsed<T>(text: unknown): T | null {
  return typeof text === 'string' ? (JSON.parse(text) as T) : null;
}
