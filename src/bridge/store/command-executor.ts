import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { NewBridgeRecord } from '../../protocol/records/bridge-records.ts';
import type { VerifiedCommand } from '../policy/command-body.ts';
import type { CommandEffects } from '../policy/command-effects.ts';
import type { CommandGate } from '../policy/command-gate.ts';
import type { Journal, Logger, Transaction } from '../ports.ts';
import type { AuditLog } from './audit-log.ts';
import type { InboxTable, PendingCommand, SettledCommand } from './inbox-table.ts';

const ATTEMPTS_MAX = 3;
const RETRY_MS = 1_000;
const REPORT_BATCH = 64;
const PRUNE_EVERY_MS = 60 * 60_000;

export interface CommandExecutorOptions {
  readonly table: InboxTable;
  readonly state: { readonly transaction: Transaction };
  readonly gate: CommandGate;
  readonly effects: CommandEffects;
  /** The bridge's own stream, where outcomes are told. */
  readonly journal: Journal<NewBridgeRecord>;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Carries out stored commands one at a time. Effect, device order and outcome are one transaction, so a crash leaves a
 * command either untouched or done. Outcomes are appended to the bridge's stream and marked as reported only once they
 * are durable there: after a crash in between they are told twice, which readers must bear.
 */
export class CommandExecutor implements Disposable {
  readonly #options: CommandExecutorOptions;
  /** Outcomes that this process appended and that are not durable yet: the journal holds them until they are. */
  readonly #appended = new Set<number>();
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isDisposed = false;
  #failures = 0;
  #retry: Disposable | undefined;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
  }

  /** Something was stored. Safe to call at any time. */
  wake(): void {
    this.#isWanted = true;
    if (this.#running !== undefined || this.#isDisposed) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    drop(this.#running, (error) => this.#didFail(error));
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#retry?.dispose();
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isDisposed) {
      this.#isWanted = false;
      for (let next = this.#next(); next && !this.#isDisposed; next = this.#next()) {
        this.#execute(next);
        // Let sockets and timers run between commands: each one costs a sync of the disk.
        await new Promise((resolve) => setImmediate(resolve));
        await this.#report(REPORT_BATCH);
      }
      await this.#report(1);
      this.#prune();
    }
  }

  #next(): PendingCommand | undefined {
    return this.#options.table.nextPending();
  }

  #execute(pending: PendingCommand): void {
    const { state, gate, effects, table } = this.#options;
    let accepted: VerifiedCommand | undefined;
    let outcome: Result<void, Reason>;
    try {
      outcome = state.transaction(() => {
        const checked = gate.check(pending.envelope);
        if (checked.ok) gate.accept(checked.value);
        const result = checked.ok ? effects.run(checked.value) : checked;
        table.settle(pending.position, result.ok ? null : result.error);
        accepted = checked.ok ? checked.value : undefined;
        return result.ok ? ok(undefined) : result;
      });
      this.#failures = 0;
    } catch (error) {
      outcome = this.#settleFailure(pending, error);
    }
    this.#audit(pending, outcome);
    if (accepted && outcome.ok) effects.didCommit(accepted);
  }

  /** A full disk may pass, so it is tried again; a command that never works must not hold up the others for ever. */
  #settleFailure(pending: PendingCommand, error: unknown): Result<void, Reason> {
    this.#failures++;
    if (this.#failures < ATTEMPTS_MAX) throw error;
    const reason = {
      code: 'storage_failed',
      message: `This machine could not carry it out: ${messageOf(error)}`.slice(0, 4_000),
    };
    this.#options.state.transaction(() => this.#options.table.settle(pending.position, reason));
    this.#failures = 0;
    return { ok: false, error: reason };
  }

  #audit({ envelope }: PendingCommand, outcome: Result<void, Reason>): void {
    const { commandId, deviceId, action, taskId } = envelope;
    const refusal = outcome.ok ? {} : { code: outcome.error.code, message: outcome.error.message.slice(0, 500) };
    const event = outcome.ok ? 'command_done' : 'command_refused';
    this.#options.audit.append({ event, commandId, deviceId, action, ...(taskId && { taskId }), ...refusal });
    const fields = { event, commandId, action, ...(outcome.ok ? {} : { code: outcome.error.code }) };
    if (outcome.ok) this.#options.logger.info(fields, 'A command was carried out');
    else this.#options.logger.warn(fields, 'A command was refused');
  }

  /** Appends outcomes that are not reported, once there are at least `atLeast` of them, and marks them when durable. */
  async #report(atLeast: number): Promise<void> {
    const { table, journal, state } = this.#options;
    for (
      let settled = table.unreported(REPORT_BATCH);
      settled.length >= atLeast;
      settled = table.unreported(REPORT_BATCH)
    ) {
      if (this.#isDisposed) return;
      for (const command of settled) {
        if (this.#appended.has(command.position)) continue;
        journal.append(recordOf(command));
        this.#appended.add(command.position);
      }
      await journal.flush();
      state.transaction(() => {
        for (const { position } of settled) table.markReported(position);
      });
      for (const { position } of settled) this.#appended.delete(position);
    }
  }

  #prune(): void {
    const { clock, table } = this.#options;
    if (clock.monotonicMs() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = clock.monotonicMs();
    table.prune(clock.now());
  }

  #didFail(error: unknown): void {
    if (this.#isDisposed) return;
    this.#options.logger.error({ event: 'commands_stalled', problem: messageOf(error) }, 'Commands wait for storage');
    this.#retry?.dispose();
    this.#retry = this.#options.clock.setTimeout(() => this.wake(), RETRY_MS);
  }
}

function recordOf({ commandId, taskId, reason }: SettledCommand): NewBridgeRecord {
  const task = taskId === null ? {} : { taskId };
  return reason === null
    ? { type: 'command_done', commandId, ...task }
    : { type: 'command_rejected', commandId, ...task, reason };
}
