import type { MessageTable, StoredMessage } from '../ports.ts';
import type { SqlDatabase, SqlRow } from './state-database.ts';

export function createMessageTable(sql: SqlDatabase): MessageTable {
  const insert = sql.prepare(
    'INSERT INTO messages (message_id, task_id, device_id, text, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  const find = sql.prepare('SELECT * FROM messages WHERE task_id = ? AND position = ?');
  const waiting = sql.prepare('SELECT * FROM messages WHERE task_id = ? AND position > ? ORDER BY position');
  const drop = sql.prepare('DELETE FROM messages WHERE task_id = ? AND position > ?');
  const ended = sql.prepare(
    `SELECT DISTINCT tasks.task_id FROM messages JOIN tasks ON tasks.task_id = messages.task_id
     WHERE messages.position > tasks.message_position
       AND tasks.state IN ('succeeded', 'failed', 'cancelled', 'interrupted')`,
  );
  return {
    add({ messageId, taskId, deviceId, text, createdAt }) {
      insert.run(messageId, taskId, deviceId, text, createdAt);
    },
    find(taskId, position) {
      const row = find.get(taskId, position);
      return row && messageOf(row);
    },
    waiting: ({ taskId, turn }) => waiting.all(taskId, turn.messagePosition).map(messageOf),
    dropWaiting({ taskId, turn }) {
      drop.run(taskId, turn.messagePosition);
    },
    endedTasks: () => ended.all().map((row) => row.task_id as string),
  };
}

// What was written by `add` is trusted; the casts say so.
function messageOf(row: SqlRow): StoredMessage {
  return {
    position: row.position as number,
    messageId: row.message_id as string,
    taskId: row.task_id as string,
    deviceId: row.device_id as string,
    text: row.text as string,
    createdAt: row.created_at as number,
  };
}
