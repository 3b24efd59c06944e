/** One part of the product as a process of its own, that can be killed, frozen, started again and told a wrong time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { HostMessage } from '../../src/protocol/local/host-message.ts';
import { endWithParent } from '../../test/support/end-with-parent.ts';
import { until } from '../../test/support/until.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const CLOCK_JUMP = path.join(import.meta.dirname, 'clock-jump.mjs');
const READY_MS = 30_000;
const STOP_MS = 20_000;
/** A program that gave up by itself, as on a full disk, is started again after this, as a service manager does. */
const RESTART_MS = 500;

export interface ProgramOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it listens: on any free port first, and on the same one ever after. */
  readonly listens?: true;
}

export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #port = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Set while it is not to run. */
  #isDown = true;
  /** How often it ended without being told to, and its last words. */
  readonly ends: string[] = [];

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Of a control plane, once it was ready. */
  get port(): number {
    return this.#port;
  }

  /** One at a time: a part that is being killed is not frozen as well. */
  exclusively(act: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(act);
    return this.#turn;
  }

  async start(): Promise<void> {
    this.#isDown = false;
    await until(`the ${this.#options.name} is ready`, () => this.#attempt(), READY_MS);
  }

  async kill(): Promise<void> {
    this.#isDown = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  setClock(clockOffsetMs: number): void {
    if (this.#child?.connected) this.#child.send({ clockOffsetMs });
  }

  /** As Ctrl-C does. */
  async stop(): Promise<void> {
    this.#isDown = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  /** Resolves with whether it became ready. */
  #attempt(): Promise<boolean> {
    const { name, args, env, listens } = this.#options;
    const child = fork(MAIN, [...args, ...(listens ? ['--port', String(this.#port)] : [])], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--import', CLOCK_JUMP],
      env: { ...process.env, ...env },
    });
    endWithParent(child);
    this.#child = child;
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-2_000);
    });
    return new Promise((resolve) => {
      let isReady = false;
      child.on('message', (message: HostMessage) => {
        if (message.type === 'failed') words = message.message;
        else if (!isReady) {
          isReady = true;
          if (message.type === 'control-plane-ready') this.#port = message.port;
          resolve(true);
        }
      });
      child.on('exit', (code, signal) => {
        if (child !== this.#child || this.#isDown) return resolve(true);
        this.ends.push(`The ${name} ended by itself (${signal ?? code}): ${words.trim()}`);
        if (isReady) setTimeout(() => this.#isDown || void this.exclusively(() => this.#again()), RESTART_MS);
        else setTimeout(() => resolve(false), RESTART_MS);
      });
    });
  }

  async #again(): Promise<void> {
    const child = this.#child;
    const isGone = !child || child.exitCode !== null || child.signalCode !== null;
    if (!this.#isDown && isGone) await this.start();
  }
}
