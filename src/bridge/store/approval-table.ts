import type { ApprovalTable, StoredApproval } from '../ports.ts';
import type { SqlDatabase, SqlRow } from './state-database.ts';

export function createApprovalTable(sql: SqlDatabase): ApprovalTable {
  const get = sql.prepare('SELECT * FROM approvals WHERE approval_id = ?');
  const put = sql.prepare(
    'INSERT OR REPLACE INTO approvals (approval_id, task_id, sha256, deadline, state, device_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const pending = sql.prepare(`SELECT * FROM approvals WHERE state = 'pending' ORDER BY deadline, approval_id`);
  const pendingOfTask = sql.prepare(
    `SELECT * FROM approvals WHERE state = 'pending' AND task_id = ? ORDER BY deadline, approval_id`,
  );
  return {
    get(approvalId) {
      const row = get.get(approvalId);
      return row && approvalOf(row);
    },
    put({ approvalId, taskId, sha256, deadline, state, deviceId }) {
      put.run(approvalId, taskId, sha256, deadline, state, deviceId);
    },
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
    deviceId: row.device_id as string | null,
  };
}
