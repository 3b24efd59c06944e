import type { Clock } from '../../base/clock.ts';
import { CodedError } from '../../base/errors.ts';
import { err, type Result } from '../../base/result.ts';
import type { CommandEnvelope } from '../../protocol/wire/commands.ts';
import type { Caller } from '../accounts/authenticator.ts';
import type { Announcer } from '../sessions/announcer.ts';
import type { LinkRegistry } from '../sessions/link-registry.ts';
import {
  type Accepted,
  acceptCommands,
  type IncomingCommand,
  type QueueLimits,
  type Refusal,
} from '../store/accept-commands.ts';
import { Batcher } from '../store/batcher.ts';
import type { Database } from '../store/database.ts';
import { explainStorage } from '../store/explain-storage.ts';
import { findTask, viewOfTask } from '../store/tasks.ts';
import type { CommandExpiry } from './command-expiry.ts';

export interface CommandDispatcherOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly links: LinkRegistry;
  readonly expiry: CommandExpiry;
  readonly limits: QueueLimits;
}

const COMMANDS_PER_COMMIT_MAX = 256;
const SUBMITTED_MAX = 10_000;
/** In base64 within a segment it must still fit a frame. */
const ENVELOPE_MAX_BYTES = 700 * 1024;

/** Takes commands from devices: what arrives together is stored together, then the bridges' links are told. */
export class CommandDispatcher {
  readonly #options: CommandDispatcherOptions;
  readonly #batcher: Batcher<IncomingCommand, Result<Accepted, Refusal>>;

  constructor(options: CommandDispatcherOptions) {
    this.#options = options;
    this.#batcher = new Batcher({ run: (commands) => this.#run(commands), maxItems: COMMANDS_PER_COMMIT_MAX });
  }

  /**
   * Stores the command durably, in the order of calls. `json` is the envelope as it came: that, unknown fields and
   * all, is what the bridge will get. The same envelope again is accepted again.
   */
  async submit(caller: Caller, envelope: CommandEnvelope, json: unknown): Promise<Result<Accepted, Refusal>> {
    if (envelope.accountId !== caller.accountId || envelope.deviceId !== caller.deviceId) {
      return err({ code: 'not_yours', message: 'A command must come from the device that signed it.' });
    }
    const text = JSON.stringify(json);
    if (Buffer.byteLength(text) > ENVELOPE_MAX_BYTES) {
      return err({ code: 'command_too_large', message: `A command may have at most ${ENVELOPE_MAX_BYTES} bytes.` });
    }
    if (this.#batcher.size >= SUBMITTED_MAX) {
      return err({ code: 'server_busy', message: 'The control plane is busy: try again in a moment.' });
    }
    return this.#batcher.submit({ envelope, text }).catch((error: unknown) => {
      const problem = explainStorage(error);
      // Nothing of it was stored: the device may send it again as it is.
      if (problem instanceof CodedError && problem.code === 'storage_failed')
        return err({ code: problem.code, message: problem.message });
      throw error;
    });
  }

  idle(): Promise<void> {
    return this.#batcher.idle();
  }

  async #run(commands: readonly IncomingCommand[]): Promise<readonly Result<Accepted, Refusal>[]> {
    const { db, clock, links, limits, expiry } = this.#options;
    const results = await acceptCommands(db, commands, { now: clock.now(), limits });
    for (const [at, result] of results.entries()) {
      const envelope = commands[at]?.envelope;
      if (!envelope || !result.ok || result.value.end === undefined) continue;
      links.didAppendCommands(envelope.bridgeId, result.value.end);
      expiry.watch(envelope.deadline);
      if (result.value.newTaskId !== undefined) await this.#announceTask(envelope.accountId, result.value.newTaskId);
    }
    return results;
  }

  async #announceTask(accountId: string, taskId: string): Promise<void> {
    const { db, announcer } = this.#options;
    const row = await findTask(db, accountId, taskId);
    if (row) announcer.announce(accountId, { type: 'task_changed', task: viewOfTask(row) });
  }
}
