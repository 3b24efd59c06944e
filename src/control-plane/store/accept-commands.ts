/** Puts new commands at the end of their bridges' streams, all of them in one transaction. */

import { err, ok, type Result } from '../../base/result.ts';
import type { CommandEnvelope } from '../../protocol/wire/commands.ts';
import { findBridge } from './bridges.ts';
import { findCommand } from './commands.ts';
import type { Database } from './database.ts';
import { findDevice } from './devices.ts';
import { toStoredTime } from './identifiers.ts';
import { findTask } from './tasks.ts';

export interface IncomingCommand {
  readonly envelope: CommandEnvelope;
  /** JSON text of the envelope exactly as it will be delivered. */
  readonly text: string;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface Accepted {
  readonly commandId: string;
  /** The stream's last number after this command, or undefined if the command was there already. */
  readonly end: number | undefined;
  /** The task row that it made, by id. */
  readonly newTaskId: string | undefined;
}

export const QUEUE_LIMITS = { commands: 10_000, bytes: 256 * 1024 * 1024 } as const;
export type QueueLimits = { readonly commands: number; readonly bytes: number };

interface Queue {
  end: number;
  waitingCommands: number;
  waitingBytes: number;
}

export async function acceptCommands(
  db: Database,
  commands: readonly IncomingCommand[],
  options: { now: number; limits: QueueLimits },
): Promise<readonly Result<Accepted, Refusal>[]> {
  return db.transaction().execute(async (tx) => {
    const queues = new Map<string, Queue>();
    const results: Result<Accepted, Refusal>[] = [];
    for (const command of commands) results.push(await acceptOne(tx, queues, command, options));
    for (const [bridgeId, queue] of queues) {
      await tx.updateTable('bridges').set({ commands_end: queue.end }).where('bridge_id', '=', bridgeId).execute();
    }
    return results;
  });
}

async function acceptOne(
  tx: Database,
  queues: Map<string, Queue>,
  command: IncomingCommand,
  options: { now: number; limits: QueueLimits },
): Promise<Result<Accepted, Refusal>> {
  const { envelope, text } = command;
  const known = await findCommand(tx, envelope.accountId, envelope.commandId);
  if (known) return known.envelope === text ? ok(alreadyAccepted(envelope)) : refuse('command_exists');
  if (envelope.deadline <= options.now) return refuse('command_expired');
  const device = await findDevice(tx, envelope.deviceId);
  if (device?.account_id !== envelope.accountId || device.revoked_at !== null) return refuse('device_revoked');
  const bridge = await findBridge(tx, envelope.bridgeId);
  if (bridge?.account_id !== envelope.accountId) return refuse('bridge_unknown');
  const isLaunch = envelope.action === 'task_launch';
  if (isLaunch && envelope.taskId === undefined) return refuse('task_missing');
  if (isLaunch && (await findTask(tx, envelope.accountId, envelope.taskId ?? ''))) return refuse('task_exists');

  const queue = queues.get(envelope.bridgeId) ?? (await loadQueue(tx, bridge));
  queues.set(envelope.bridgeId, queue);
  const bytes = Buffer.byteLength(text);
  if (queue.waitingCommands + 1 > options.limits.commands) return refuse('queue_full');
  if (queue.waitingBytes + bytes > options.limits.bytes) return refuse('queue_full');
  queue.end += 1;
  queue.waitingCommands += 1;
  queue.waitingBytes += bytes;
  await insertCommand(tx, command, { number: queue.end, bytes, now: options.now });
  if (isLaunch) await insertTask(tx, envelope, options.now);
  return ok({
    commandId: envelope.commandId,
    end: queue.end,
    newTaskId: isLaunch ? envelope.taskId : undefined,
  });
}

function alreadyAccepted(envelope: CommandEnvelope): Accepted {
  return { commandId: envelope.commandId, end: undefined, newTaskId: undefined };
}

async function loadQueue(
  tx: Database,
  bridge: { bridge_id: string; commands_end: number; commands_acked: number },
): Promise<Queue> {
  const waiting = await tx
    .selectFrom('commands')
    .select((select) => [select.fn.countAll().as('commands'), select.fn.sum('bytes').as('bytes')])
    .where('bridge_id', '=', bridge.bridge_id)
    .where('number', '>', bridge.commands_acked)
    .executeTakeFirstOrThrow();
  return {
    end: bridge.commands_end,
    waitingCommands: Number(waiting.commands),
    waitingBytes: Number(waiting.bytes ?? 0),
  };
}

async function insertCommand(
  tx: Database,
  { envelope, text }: IncomingCommand,
  at: { number: number; bytes: number; now: number },
): Promise<void> {
  await tx
    .insertInto('commands')
    .values({
      account_id: envelope.accountId,
      command_id: envelope.commandId,
      bridge_id: envelope.bridgeId,
      number: at.number,
      task_id: envelope.taskId ?? null,
      action: envelope.action,
      envelope: text,
      bytes: at.bytes,
      state: 'waiting',
      code: null,
      deadline: toStoredTime(envelope.deadline),
      accepted_at: at.now,
    })
    .execute();
}

async function insertTask(tx: Database, envelope: CommandEnvelope, now: number): Promise<void> {
  await tx
    .insertInto('tasks')
    .values({
      account_id: envelope.accountId,
      task_id: envelope.taskId ?? '',
      bridge_id: envelope.bridgeId,
      provider: envelope.provider ?? '',
      state: 'queued',
      code: null,
      label: envelope.label ?? null,
      created_at: now,
      started_at: null,
      ended_at: null,
      deadline: toStoredTime(envelope.deadline),
      command_id: envelope.commandId,
    })
    .execute();
}

const SENTENCES = {
  command_exists: 'Another command with this id was accepted before.',
  command_expired: 'The deadline of this command has passed.',
  device_revoked: 'This device was revoked.',
  bridge_unknown: 'This account has no such machine, or it was revoked.',
  task_missing: 'A launch must name its task.',
  task_exists: 'This account has a task with this id already.',
  queue_full: 'Too much waits for this machine already: wait until it is back, or cancel something.',
} as const;

function refuse(code: keyof typeof SENTENCES): Result<never, Refusal> {
  return err({ code, message: SENTENCES[code] });
}
