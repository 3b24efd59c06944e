import type { ApprovalTable, StoredApproval } from '../ports.ts';
import type { SqlDatabase, SqlRow } from './state-database.ts';

export function createApprovalTable(sql: SqlDatabase): ApprovalTable {
  const get = sql.prepare('SELECT * FROM approvals WHERE approval_id = ?');
  const put = sql.prepare(
    `INSERT OR REPLACE INTO approvals
     (approval_id, task_id, sha256, deadline, state, settled_by, settled_at, question) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const pending = sql.prepare(`SELECT * FROM approvals WHERE state = 'pending' ORDER BY deadline, approval_id`);
  const pendingOfTask = sql.prepare(
    `SELECT * FROM approvals WHERE state = 'pending' AND task_id = ? ORDER BY deadline, approval_id`,
  );
  const startingWith = sql.prepare('SELECT * FROM approvals WHERE substr(approval_id, 1, ?) = ? LIMIT 2');
  return {
    get(approvalId) {
      const row = get.get(approvalId);
      return row && approvalOf(row);
    },
    put({ approvalId, taskId, sha256, deadline, state, by, settledAt, question }) {
      put.run(approvalId, taskId, sha256, deadline, state, jsonOf(by), settledAt, jsonOf(question));
    },
    startingWith: (prefix) => startingWith.all(prefix.length, prefix).map(approvalOf),
    listPending: (taskId) => (taskId === undefined ? pending.all() : pendingOfTask.all(taskId)).map(approvalOf),
  };
}

function approvalOf(row: SqlRow): StoredApproval {
  return {
    approvalId: row.approval_id as string,
    taskId: row.task_id as string,
    sha256: row.sha256 as string,
    deadline: row.deadline as number,
    state: row.state as StoredApproval['state'],
    by: parsedOf(row.settled_by) as StoredApproval['by'],
    settledAt: row.settled_at as number | null,
    question: parsedOf(row.question) as StoredApproval['question'],
  };
}

function jsonOf(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

// Only what this file wrote is read here.
function parsedOf(text: SqlRow[string] | undefined): unknown {
  return typeof text === 'string' ? JSON.parse(text) : null;
}
