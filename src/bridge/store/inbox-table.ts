import type { Reason } from '../../protocol/reason-codes.ts';
import type { CommandEnvelope } from '../../protocol/wire/commands.ts';
import type { SqlDatabase, SqlRow } from './state-database.ts';

/** Commands that wait are this many at most; a server that sends more is made to wait. */
export const PENDING_MAX = 10_000;
/** Settled commands are forgotten this long after their deadline (a clock may be set back a little). */
const KEEP_AFTER_DEADLINE_MS = 60 * 60_000;
/** And after this long whatever their deadline: by then the device's order keeps an accepted one out. */
const KEEP_MS = 30 * 24 * 60 * 60_000;
/** Refused ones may be forged in any number; only the newest of them are kept. */
const REJECTED_MAX = 10_000;

export interface PendingCommand {
  readonly position: number;
  readonly envelope: CommandEnvelope;
}

export interface SettledCommand {
  readonly position: number;
  readonly commandId: string;
  readonly taskId: string | null;
  /** Null if it was done. */
  readonly reason: Reason | null;
}

/** What an entry of a batch turned out to be: an envelope, or something that only names its command. */
export type ReceivedCommand =
  | { readonly envelope: CommandEnvelope }
  | { readonly commandId: string; readonly reason: Reason };

export interface InboxTable {
  readonly pendingCount: number;
  /** Adds a command; one that was settled before is to be reported again instead. */
  add(command: ReceivedCommand, nowMs: number): void;
  nextPending(): PendingCommand | undefined;
  settle(position: number, reason: Reason | null): void;
  unreported(limit: number): readonly SettledCommand[];
  markReported(position: number): void;
  prune(nowMs: number): void;
}

export function createInboxTable(sql: SqlDatabase): InboxTable {
  const count = sql.prepare(`SELECT count(*) AS count FROM inbox WHERE state = 'pending'`);
  const repeat = sql.prepare(`UPDATE inbox SET is_reported = 0 WHERE command_id = ? AND state <> 'pending'`);
  const insert = sql.prepare(
    `INSERT INTO inbox (command_id, task_id, envelope, state, code, message, deadline, received_at, is_reported)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (command_id) DO NOTHING`,
  );
  const next = sql.prepare(`SELECT position, envelope FROM inbox WHERE state = 'pending' ORDER BY position LIMIT 1`);
  const settle = sql.prepare(
    'UPDATE inbox SET state = ?, code = ?, message = ?, envelope = NULL, is_reported = 0 WHERE position = ?',
  );
  const unreported = sql.prepare(
    `SELECT position, command_id, task_id, code, message FROM inbox
     WHERE is_reported = 0 AND state <> 'pending' ORDER BY position LIMIT ?`,
  );
  const markReported = sql.prepare('UPDATE inbox SET is_reported = 1 WHERE position = ?');
  const prune = sql.prepare(
    `DELETE FROM inbox WHERE is_reported = 1 AND state <> 'pending' AND (deadline < ? OR received_at < ?)`,
  );
  const pruneRejected = sql.prepare(
    `DELETE FROM inbox WHERE is_reported = 1 AND state = 'rejected' AND position NOT IN
       (SELECT position FROM inbox WHERE state = 'rejected' ORDER BY position DESC LIMIT ${REJECTED_MAX})`,
  );
  return {
    get pendingCount() {
      return Number(count.get()?.count);
    },
    add(command, nowMs) {
      if ('envelope' in command) {
        const { envelope } = command;
        if (repeat.run(envelope.commandId) > 0) return;
        const { commandId, taskId, deadline } = envelope;
        insert.run(commandId, taskId ?? null, JSON.stringify(envelope), 'pending', null, null, deadline, nowMs, 1);
      } else if (repeat.run(command.commandId) === 0) {
        const { commandId, reason } = command;
        insert.run(commandId, null, null, 'rejected', reason.code, reason.message, nowMs, nowMs, 0);
      }
    },
    nextPending() {
      const row = next.get();
      return (
        row && { position: row.position as number, envelope: JSON.parse(row.envelope as string) as CommandEnvelope }
      );
    },
    settle(position, reason) {
      settle.run(reason ? 'rejected' : 'done', reason?.code ?? null, reason?.message ?? null, position);
    },
    unreported: (limit) => unreported.all(limit).map(settledOf),
    markReported: (position) => void markReported.run(position),
    prune(nowMs) {
      prune.run(nowMs - KEEP_AFTER_DEADLINE_MS, nowMs - KEEP_MS);
      pruneRejected.run();
    },
  };
}

function settledOf(row: SqlRow): SettledCommand {
  const code = row.code as string | null;
  return {
    position: row.position as number,
    commandId: row.command_id as string,
    taskId: row.task_id as string | null,
    reason: code === null ? null : { code, message: row.message as string },
  };
}
