import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '../../../base/clock.ts';
import { createDeferred } from '../../../base/deferred.ts';
import { drop } from '../../../base/drop.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../ports.ts';
import type { AgentAnswer, AgentEvent, AgentRun } from '../provider.ts';
import type { HelperProcesses } from '../supervisor/helper-processes.ts';
import type { Exit, SupervisedProcess } from '../supervisor/process.ts';
import type { GatewayConnection } from './gateway-connection.ts';
import { OpenClawReader } from './openclaw-reader.ts';
import { OpenClawTurn, type TurnRequest } from './openclaw-turn.ts';
import type { RawLog } from './raw-log.ts';
import type { SharedGateway } from './shared-gateway.ts';
import { endWork } from './work.ts';

export interface OpenClawRunOptions {
  readonly request: TurnRequest;
  readonly logOffset: number;
  readonly log: RawLog;
  readonly gateway: SharedGateway;
  readonly helpers: HelperProcesses;
  readonly clock: Clock;
  readonly logger: Logger;
}

// An interrupted turn ends in well under a second; the task must be gone after five.
const INTERRUPT_MS = 1_500;

/**
 * One turn in the shared gateway. It looks like a process to the task: `exited` settles when the turn has ended, what its
 * tools left running is ended, and all that the gateway said is in the raw log.
 */
export class OpenClawRun implements AgentRun {
  readonly startOffset: number;
  readonly terminateSignal = 'SIGTERM';
  readonly version = null;
  readonly process: SupervisedProcess;
  readonly #options: OpenClawRunOptions;
  readonly #reader: OpenClawReader;
  readonly #turn = createDeferred<OpenClawTurn | undefined>();
  readonly #interrupted = createDeferred();
  #current: OpenClawTurn | undefined;
  #isInterrupted = false;
  #isOver = false;
  #isResetWanted = false;

  constructor(options: OpenClawRunOptions) {
    this.#options = options;
    this.startOffset = options.logOffset;
    this.#reader = new OpenClawReader(options.logOffset);
    const exited = this.#live().then(() => null);
    this.process = { identity: null, exited, write: () => false, closeInput: () => undefined };
  }

  get sessionId(): string | null {
    return this.#current?.sessionKey ?? this.#options.request.sessionKey;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  receive(bytes: Uint8Array): readonly AgentEvent[] {
    return this.#reader.receive(bytes);
  }

  finish(_exit: Exit | null): readonly AgentEvent[] {
    return this.#reader.finish();
  }

  answer(requestId: string, { decision }: AgentAnswer): void {
    this.#with('answer', (turn) => turn.answer(requestId, decision));
  }

  interrupt(): boolean {
    this.#isInterrupted = true;
    this.#interrupted.resolve();
    return true;
  }

  /** Changes the session. What came of it is shown in the task. */
  configure(changes: Readonly<Record<string, unknown>>): void {
    this.#with('configure', (turn) => turn.configure(changes));
  }

  /** Says something more within the turn that runs. */
  say(text: string): void {
    this.#with('say', (turn) => turn.say(text));
  }

  /** In the middle of a turn it would end it, so it waits for its end. */
  resetAfterTurn(): void {
    this.#isResetWanted = true;
    const text = 'OpenClaw will forget what was said so far, as soon as it is done with this.';
    this.#options.log.own({ event: 'notice', level: 'info', text });
  }

  #with(what: string, act: (turn: OpenClawTurn) => Promise<void>): void {
    const { logger, request } = this.#options;
    const done = this.#turn.promise.then((turn) => turn && act(turn));
    drop(done, (error) =>
      logger.warn({ event: 'openclaw_request_failed', taskId: request.taskId, what, error: messageOf(error) }),
    );
  }

  /** Never rejects: whatever happens, it ends and the log says how. */
  async #live(): Promise<void> {
    const { log, logger, request } = this.#options;
    try {
      await this.#takeTurn();
    } catch (error) {
      log.own({ event: 'failed', reason: { code: 'agent_error', message: messageOf(error).slice(0, 2_000) } });
    } finally {
      this.#isOver = true;
      this.#turn.resolve(undefined);
      await log.close().catch((error: unknown) => {
        logger.error({ event: 'openclaw_log_failed', taskId: request.taskId, error: messageOf(error) });
      });
    }
  }

  async #takeTurn(): Promise<void> {
    const { gateway, log } = this.#options;
    const leased = gateway.lease();
    const first = await Promise.race([leased, this.#interrupted.promise]);
    if (!first) {
      // Its start goes on for others; we only give it back.
      drop(
        leased.then((late) => late.ok && late.value.dispose()),
        () => undefined,
      );
      return;
    }
    if (!first.ok) {
      log.own({ event: 'failed', reason: first.error });
      return;
    }
    const { connection } = first.value;
    try {
      await this.#converse(connection);
    } finally {
      await this.#cleanUp(connection);
      first.value.dispose();
    }
  }

  async #converse(connection: GatewayConnection): Promise<void> {
    const { request, log } = this.#options;
    const turn = new OpenClawTurn({ connection, request, log, runId: `ctrlnode-${randomUUID()}` });
    this.#current = turn;
    try {
      if (!(await turn.open())) return;
      if (this.#isInterrupted) return;
      await turn.start();
      this.#turn.resolve(turn);
      await Promise.race([turn.ended, this.#interrupted.promise]);
      if (this.#isInterrupted) await this.#abort(turn);
    } finally {
      turn.dispose();
    }
  }

  async #abort(turn: OpenClawTurn): Promise<void> {
    const late = new AbortController();
    const tooLate = sleep(this.#options.clock, INTERRUPT_MS, late.signal).catch(() => undefined);
    const aborted = turn.abort().then(() => turn.ended);
    drop(aborted, () => undefined);
    await Promise.race([aborted.catch(() => undefined), tooLate]);
    late.abort();
  }

  async #cleanUp(connection: GatewayConnection): Promise<void> {
    const { helpers, logger, request } = this.#options;
    const sessionKey = this.#current?.sessionKey;
    if (sessionKey === undefined) return;
    try {
      await endWork({ ...request, connection, helpers, sessionKey });
      if (this.#isResetWanted) await connection.request('sessions.reset', { key: sessionKey, reason: 'reset' });
    } catch (error) {
      logger.warn({ event: 'openclaw_clean_up_failed', taskId: request.taskId, error: messageOf(error) });
    }
  }
}
