/**
 * One part of `ctrlnode up` as a child process of its own: so that a crash of one part is not the end of the other, and
 * each can be ended without touching the rest. It is started again when it ends by itself, unless that happens too often.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Backoff } from '../../base/backoff.ts';
import { systemClock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { CodedError } from '../../base/errors.ts';
import type { HostMessage } from '../host-process.ts';

const READY_TIMEOUT_MS = 30_000;
/** Ctrl-C must be done within 5 s, whatever a child does. */
const STOP_TIMEOUT_MS = 4_500;
const CRASH_WINDOW_MS = 60_000;
const CRASHES_ALLOWED = 5;

export interface ChildHostOptions {
  readonly name: string;
  readonly args: () => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly onMessage: (message: HostMessage) => void;
  /** Something happened that the person should know. One sentence. */
  readonly onNotice: (text: string) => void;
  /** It cannot be kept running. */
  readonly onGiveUp: (error: CodedError) => void;
}

export class ChildHost {
  readonly #options: ChildHostOptions;
  readonly #backoff = new Backoff({ baseMs: 500, maxMs: 10_000, random: Math.random });
  #child: ChildProcess | undefined;
  #crashes: number[] = [];
  #isStopping = false;
  #restart: { dispose(): void } | undefined;

  constructor(options: ChildHostOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves with the first message; rejects with the child's own error if it says `failed` or ends before. */
  start(): Promise<HostMessage> {
    const ready = createDeferred<HostMessage>();
    const { name, env } = this.#options;
    const child = fork(process.argv[1] ?? '', this.#options.args(), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    let isReady = false;
    const deadline = systemClock.setTimeout(() => {
      ready.reject(
        new CodedError(
          'start_timeout',
          `The ${name} did not start within ${READY_TIMEOUT_MS / 1000} s. Its log may say why.`,
        ),
      );
    }, READY_TIMEOUT_MS);
    child.on('message', (message: HostMessage) => {
      if (message.type === 'failed') ready.reject(new CodedError(message.code, message.message));
      else if (!isReady) {
        isReady = true;
        ready.resolve(message);
      } else this.#options.onMessage(message);
    });
    child.on('exit', (code, signal) => {
      deadline.dispose();
      ready.reject(
        new CodedError('start_failed', `The ${name} ended while starting (${signal ?? `exit code ${code}`}).`),
      );
      if (isReady) this.#onExit(signal ?? `exit code ${code}`);
    });
    return ready.promise.finally(() => deadline.dispose());
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#restart?.dispose();
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const kill = systemClock.setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    kill.dispose();
  }

  #onExit(how: string): void {
    if (this.#isStopping) return;
    const now = systemClock.monotonicMs();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    const { name, onNotice, onGiveUp } = this.#options;
    if (this.#crashes.length > CRASHES_ALLOWED) {
      onGiveUp(
        new CodedError(
          'crash_loop',
          `The ${name} ended ${this.#crashes.length} times within a minute. Its log may say why.`,
        ),
      );
      return;
    }
    if (this.#crashes.length === 1) this.#backoff.reset();
    onNotice(`The ${name} ended unexpectedly (${how}). Starting it again.`);
    this.#restart = systemClock.setTimeout(() => this.#startAgain(), this.#backoff.nextDelayMs());
  }

  #startAgain(): void {
    this.start().then(this.#options.onMessage, (error: unknown) => {
      if (this.#isStopping) return;
      this.#onExit(error instanceof Error ? error.message : String(error));
    });
  }
}
