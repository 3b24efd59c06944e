import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { Logger } from '../ports.ts';
import type { AgentRun, Verdict } from '../providers/provider.ts';
import type { Exit, SupervisedProcess } from '../providers/supervisor/process.ts';
import type { Supervisor } from '../providers/supervisor/supervisor.ts';
import { endingOf, type StopCause } from './ending.ts';
import type { Ending } from './task-ledger.ts';

export interface RunControlOptions {
  readonly taskId: string;
  readonly providerName: string;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Stop {
  readonly cause: StopCause;
  /** Says more than the kind of cause does. */
  readonly sentence: string | undefined;
}

// An agent that said that it is done has this long to go; then it is ended, and its word still stands.
const LINGER_MS = 5_000;

/**
 * Stops a run, at most once, and knows why it ended: whichever came first of the agent's own word, a stop and a failure
 * of ours. A stop that was asked for before there was a process takes effect as soon as there is one.
 */
export class RunControl implements Disposable {
  readonly #options: RunControlOptions;
  #agent: AgentRun | undefined;
  #process: SupervisedProcess | undefined;
  #verdict: Verdict | undefined;
  /** The first stop that was asked for; also one that came after the agent's own word, which it does not change. */
  #asked: Stop | undefined;
  /** The stop that ends the run. */
  #stop: Stop | undefined;
  #failure: Reason | undefined;
  #stopping: Promise<void> | undefined;
  #linger: Disposable | undefined;
  readonly #stopped = new AbortController();

  constructor(options: RunControlOptions) {
    this.#options = options;
  }

  /** What the agent said how it ended, if it did. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** Whether nobody knows yet how the run ends. */
  get isOpen(): boolean {
    return !this.#verdict && !this.isStopped && !this.#failure;
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** For what is done before there is a process. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Why the bridge ended the run, if it did. */
  get stopCause(): StopCause | undefined {
    return this.#stop?.cause;
  }

  /** The agent, if it is one that we can talk to. */
  get agent(): AgentRun | undefined {
    return this.#agent;
  }

  attach(process: SupervisedProcess, agent?: AgentRun): void {
    this.#process = process;
    this.#agent = agent;
    if (this.isStopped) this.#stopProcess();
  }

  /** Before a next process of the same run. A stop that was asked for holds, whatever the last process had said. */
  startOver(): void {
    this.#linger?.dispose();
    this.#linger = undefined;
    this.#stopping = undefined;
    this.#process = undefined;
    this.#agent = undefined;
    this.#verdict = undefined;
    this.#stop = this.#asked;
  }

  stop(cause: StopCause, sentence?: string): void {
    this.#asked ??= { cause, sentence };
    if (!this.#verdict) this.#stop ??= this.#asked;
    this.#stopped.abort();
    this.#stopProcess();
  }

  /** The agent says that it is done. After a stop it only says how it was stopped, which is not its own end. */
  accept(verdict: Verdict): void {
    if (this.isStopped || this.#stopping !== undefined) return;
    this.#verdict = verdict;
    this.#linger ??= this.#options.clock.setTimeout(() => this.#stopProcess(), LINGER_MS);
  }

  /** The agent does not do what every turn begins with, and will not say so itself. */
  giveUp(reason: Reason): void {
    if (!this.isOpen) return;
    this.#verdict = { state: 'failed', reason };
    this.#stopProcess();
  }

  /** Something of ours broke: the run cannot go on. */
  fail(error: unknown): void {
    const { logger, taskId } = this.#options;
    const message = `The bridge could not go on with the task: ${messageOf(error)}`;
    logger.error({ event: 'task_run_failed', taskId, error: messageOf(error) });
    this.#failure ??= { code: 'storage_failed', message };
    this.#stopProcess();
  }

  /** Resolves when a stop that was begun is through. */
  async settled(): Promise<void> {
    this.#linger?.dispose();
    await this.#stopping?.catch(() => undefined);
  }

  endingOf(exit: Exit | null, { isRecovered }: { readonly isRecovered: boolean }): Ending {
    if (this.#failure) return { state: 'failed', reason: this.#failure, exit };
    const { providerName } = this.#options;
    return endingOf({
      providerName,
      exit,
      verdict: this.#verdict,
      stopCause: this.#stop?.cause,
      stopSentence: this.#stop?.sentence,
      isRecovered,
    });
  }

  dispose(): void {
    this.#linger?.dispose();
  }

  #stopProcess(): void {
    const process = this.#process;
    if (!process || this.#stopping !== undefined) return;
    const { supervisor, taskId } = this.#options;
    this.#stopping = supervisor.stop({
      taskId,
      process,
      terminateSignal: this.#agent?.terminateSignal ?? 'SIGTERM',
      patience: this.#asked?.cause === 'bridge' ? 'short' : 'full',
      interrupt: () => this.#agent?.interrupt() ?? false,
    });
    drop(this.#stopping, (error) => this.fail(error));
  }
}
