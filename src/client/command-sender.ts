import type { Clock } from '../base/clock.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import type { Disposable } from '../base/disposal.ts';
import { drop } from '../base/drop.ts';
import { messageOf } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { CommandEnvelope } from '../protocol/wire/commands.ts';
import type { CommandOptions, CommandOutcome, SentCommand } from './command-outcome.ts';
import type { Exclusive } from './exclusive.ts';

/** Commands on their way to one bridge that the server has not stored yet. More than one, so that files go quickly. */
const UNSTORED_MAX = 4;
const WAITING_MAX = 1_000;
/** After the deadline, time for the truth to arrive from a machine that took the command at the last moment. */
const OUTCOME_GRACE_MS = 120_000;

export interface CommandSenderOptions {
  readonly clock: Clock;
  readonly exclusive: Exclusive;
  /** Name of the lock that keeps order and arrival the same over all tabs of this device. */
  readonly lockName: string;
  createId(): string;
  /** Gives the command its order, seals and signs it. */
  seal(commandId: string, command: Command): Promise<CommandEnvelope>;
  /** False while there is no connection: the envelope is given again after the next welcome. */
  transmit(envelope: CommandEnvelope): boolean;
}

export interface Command extends CommandOptions {
  readonly action: string;
  readonly body: unknown;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

interface Entry {
  readonly commandId: string;
  readonly command: Command;
  readonly accepted: Deferred<Result<void, CommandOutcome>>;
  readonly outcome: Deferred<CommandOutcome>;
  envelope: CommandEnvelope | undefined;
  timer: Disposable | undefined;
}

/**
 * Commands of this device to one bridge, in order. A command is sealed once and given again as it stands, so the server
 * and the bridge can tell a repeat. The lock is held from the first order until the server has stored the last command.
 */
export class CommandSender implements Disposable {
  readonly #options: CommandSenderOptions;
  readonly #waiting: Entry[] = [];
  readonly #unstored = new Map<string, Entry>();
  readonly #stored = new Map<string, Entry>();
  #isRunning = false;
  #isDisposed = false;
  #progress: Deferred<void> = createDeferred();

  constructor(options: CommandSenderOptions) {
    this.#options = options;
  }

  send(command: Omit<Command, 'issuedAt'>): SentCommand {
    const { clock, createId } = this.#options;
    const entry: Entry = {
      commandId: createId(),
      command: { ...command, issuedAt: clock.now() },
      accepted: createDeferred<Result<void, CommandOutcome>>(),
      outcome: createDeferred<CommandOutcome>(),
      envelope: undefined,
      timer: undefined,
    };
    if (this.#isDisposed) this.#settle(entry, refusal('device', 'client_closed', 'This page is closing.'));
    else if (this.#waiting.length >= WAITING_MAX) this.#settle(entry, TOO_MANY);
    else this.#enqueue(entry);
    return { commandId: entry.commandId, accepted: entry.accepted.promise, outcome: entry.outcome.promise };
  }

  /** A new connection: what the server may not have goes again, in order. */
  connected(): void {
    for (const entry of this.#unstored.values()) if (entry.envelope) this.#options.transmit(entry.envelope);
  }

  accepted(commandId: string): void {
    const entry = this.#unstored.get(commandId);
    if (!entry) return;
    this.#unstored.delete(commandId);
    this.#stored.set(commandId, entry);
    entry.accepted.resolve(ok(undefined));
    this.#wakeUp();
  }

  /** The end of a command, from whoever knows it. Of a command that is not ours, or had its end, nothing happens. */
  settle(commandId: string, outcome: CommandOutcome): void {
    const entry = this.#unstored.get(commandId) ?? this.#stored.get(commandId);
    if (entry) this.#settle(entry, outcome);
  }

  isOpen(commandId: string): boolean {
    return this.#unstored.has(commandId) || this.#stored.has(commandId);
  }

  dispose(): void {
    this.#isDisposed = true;
    const outcome = refusal('device', 'client_closed', 'This page was closed before the command had an answer.');
    for (const entry of [...this.#waiting, ...this.#unstored.values(), ...this.#stored.values()])
      this.#settle(entry, outcome);
  }

  #enqueue(entry: Entry): void {
    this.#waiting.push(entry);
    entry.timer = this.#options.clock.setTimeout(() => this.#overdue(entry), entry.command.deadlineMs);
    this.#run();
  }

  /** A command that the server never stored ends here; of a stored one the truth may still be under way. */
  #overdue(entry: Entry): void {
    if (!this.#stored.has(entry.commandId)) {
      this.#settle(entry, { outcome: 'expired' });
      return;
    }
    const expire = (): void => this.#settle(entry, { outcome: 'expired' });
    entry.timer = this.#options.clock.setTimeout(expire, OUTCOME_GRACE_MS);
  }

  #run(): void {
    this.#wakeUp();
    if (this.#isRunning) return;
    this.#isRunning = true;
    const run = this.#options.exclusive(this.#options.lockName, () => this.#sendAll());
    drop(run, (error) => {
      this.#isRunning = false;
      const outcome = refusal('device', 'storage_failed', `The browser gave no lock: ${messageOf(error)}`);
      for (const entry of [...this.#waiting, ...this.#unstored.values()]) this.#settle(entry, outcome);
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0 || this.#unstored.size > 0) {
      const entry = this.#unstored.size < UNSTORED_MAX ? this.#waiting.shift() : undefined;
      if (entry) await this.#sendOne(entry);
      else await this.#progress.promise;
      this.#progress = createDeferred();
    }
    // In the same turn as the last look at the queues, so that no command can slip in between.
    this.#isRunning = false;
  }

  async #sendOne(entry: Entry): Promise<void> {
    this.#unstored.set(entry.commandId, entry);
    try {
      entry.envelope = await this.#options.seal(entry.commandId, entry.command);
    } catch (error) {
      const message = `The command could not be prepared: ${messageOf(error)}`;
      return this.#settle(entry, refusal('device', 'command_malformed', message));
    }
    if (this.#unstored.has(entry.commandId)) this.#options.transmit(entry.envelope);
  }

  #settle(entry: Entry, outcome: CommandOutcome): void {
    const at = this.#waiting.indexOf(entry);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#unstored.delete(entry.commandId);
    this.#stored.delete(entry.commandId);
    entry.timer?.dispose();
    const wasStored = outcome.outcome === 'done' || (outcome.outcome === 'rejected' && outcome.by === 'bridge');
    entry.accepted.resolve(wasStored ? ok(undefined) : err(outcome));
    entry.outcome.resolve(outcome);
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#progress.resolve();
  }
}

const TOO_MANY = refusal('device', 'queue_full', 'Too many commands wait for a connection. Try again later.');

function refusal(by: 'server' | 'device', code: string, message: string): CommandOutcome {
  return { outcome: 'rejected', by, reason: { code, message } };
}
