/**
 * One part of `ctrlnode up` as a child process of its own: so that a crash of one part is not the end of the other, and
 * each can be ended without touching the rest. It is started again when it ends by itself, unless that happens too often
 * or the person wanted it to end.
 */
import type { ChildProcess } from 'node:child_process';
import { Backoff } from '../../base/backoff.ts';
import { systemClock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { CodedError } from '../../base/errors.ts';
import { type HostMessage, hostMessageSchema } from '../../protocol/local/host-message.ts';
import type { ChildStarter } from './child-starters.ts';
import { followLastWords } from './last-words.ts';

const READY_TIMEOUT_MS = 30_000;
/** Ctrl-C must be done within 5 s, whatever a child does. */
const STOP_TIMEOUT_MS = 4_500;
const CRASH_WINDOW_MS = 60_000;
const CRASHES_ALLOWED = 5;

export interface ChildHostOptions {
  readonly starter: ChildStarter;
  readonly onMessage: (message: HostMessage) => void;
  /** Something happened that the person should know. One sentence. */
  readonly onNotice: (text: string) => void;
  /** It ended because the person wanted that. */
  readonly onQuit: () => void;
  /** It cannot be kept running. */
  readonly onGiveUp: (error: CodedError) => void;
}

export class ChildHost {
  readonly #options: ChildHostOptions;
  readonly #backoff = new Backoff({ baseMs: 500, maxMs: 10_000, random: Math.random });
  #child: ChildProcess | undefined;
  #crashes: number[] = [];
  #isStopping = false;
  #hasQuit = false;
  #restart: { dispose(): void } | undefined;

  constructor(options: ChildHostOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Resolves with the first message. Rejects with the child's own error if it says `failed`, with `start_failed` if it
   * ends before, with `start_timeout` if it says nothing.
   */
  start(): Promise<HostMessage> {
    const ready = createDeferred<HostMessage>();
    const { name, start } = this.#options.starter;
    const child = start();
    this.#child = child;
    let isReady = false;
    let failure: CodedError | undefined;
    const deadline = systemClock.setTimeout(() => {
      const said = `The ${name} did not start within ${READY_TIMEOUT_MS / 1000} s. Its log may say why.`;
      ready.reject(new CodedError('start_timeout', said));
    }, READY_TIMEOUT_MS);
    const wordsOf = child.stderr ? followLastWords(child.stderr) : () => undefined;
    child.on('message', (json) => {
      const message = hostMessageSchema.parse(json);
      if (message.type === 'failed') failure = new CodedError(message.code, message.message);
      else if (message.type === 'quit') this.#hasQuit = true;
      else if (isReady) this.#options.onMessage(message);
      else {
        isReady = true;
        ready.resolve(message);
      }
    });
    onceEnded(child, (how) => {
      deadline.dispose();
      const why = wordsOf() ?? how;
      ready.reject(failure ?? new CodedError('start_failed', `The ${name} ended while starting (${why}).`));
      if (isReady || this.#hasQuit) this.#onEnd(how);
    });
    return ready.promise.finally(() => deadline.dispose());
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#restart?.dispose();
    const child = this.#child;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    ask(child);
    const kill = systemClock.setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    kill.dispose();
  }

  #onEnd(how: string): void {
    if (this.#isStopping) return;
    const { onNotice, onGiveUp, onQuit, starter } = this.#options;
    if (this.#hasQuit) {
      onQuit();
      return;
    }
    const now = systemClock.monotonicMs();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    if (this.#crashes.length > CRASHES_ALLOWED) {
      const said = `The ${starter.name} ended ${this.#crashes.length} times within a minute. Its log may say why.`;
      onGiveUp(new CodedError('crash_loop', said));
      return;
    }
    if (this.#crashes.length === 1) this.#backoff.reset();
    onNotice(`The ${starter.name} ended unexpectedly (${how}). Starting it again.`);
    this.#restart = systemClock.setTimeout(() => this.#startAgain(), this.#backoff.nextDelayMs());
  }

  #startAgain(): void {
    this.start().then(this.#options.onMessage, (error: unknown) => {
      if (this.#isStopping) return;
      this.#onEnd(error instanceof Error ? error.message : String(error));
    });
  }
}

// Windows has no signals: there `kill` would end it on the spot, and letting go of it is what asks.
function ask(child: ChildProcess): void {
  if (process.platform === 'win32' && child.connected) child.disconnect();
  else child.kill('SIGTERM');
}

function onceEnded(child: ChildProcess, listener: (how: string) => void): void {
  child.once('exit', (code, signal) => listener(signal ?? `exit code ${code}`));
  // A program that could not be started at all has no end.
  child.once('error', (error) => child.pid === undefined && listener(error.message));
}
