import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { app, dialog } from 'electron/main';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import { relaunch } from './relaunch.ts';
import { AFTER_CRASH, GIVING_UP } from './start-arguments.ts';

const CRASHES_MAX = 3;
const WITHIN_MS = 10 * 60_000;
/** How long running agents may wait for the next bridge: a slow machine needs a while to start the app. */
const KEEP_SECONDS = 60;
const KEEP_DEADLINE_MS = 500;

interface Crash {
  readonly at: number;
  readonly message: string;
}

/** What is told of a crash while the app goes down. */
export interface CrashWitness {
  keepTasksFor(seconds: number): Promise<void>;
  log(error: unknown): void;
}

export interface CrashGuardOptions {
  /** Remembers the crashes. */
  readonly folder: string;
  /** Who starts the app anew. */
  readonly restarts: 'itself' | 'supervisor';
}

/**
 * An error that nobody caught leaves the app in an unknown state, so it is started anew; running agents go on meanwhile
 * and the next bridge takes them over. One that fails again and again is left ended, and says so.
 */
export class CrashGuard {
  readonly #file: string;
  #witness: CrashWitness | undefined;
  readonly #restarts: CrashGuardOptions['restarts'];
  #isCrashing = false;

  constructor({ folder, restarts }: CrashGuardOptions) {
    this.#file = path.join(folder, 'crashes.ndjson');
    this.#restarts = restarts;
  }

  listen(): void {
    process.on('uncaughtException', (error) => this.#crash(error));
    process.on('unhandledRejection', (error) => this.#crash(error));
  }

  setWitness(witness: CrashWitness): void {
    this.#witness = witness;
  }

  /** What the last crash said, in one line. */
  get lastMessage(): string {
    return this.#recent().at(-1)?.message ?? 'an error that it could not name';
  }

  #crash(error: unknown): void {
    if (this.#isCrashing) return;
    this.#isCrashing = true;
    process.stderr.write(`CTRL NODE stopped unexpectedly: ${error instanceof Error ? error.stack : error}\n`);
    this.#witness?.log(error);
    this.#note({ at: Date.now(), message: messageOf(error).split('\n')[0] ?? '' });
    const isTooOften = this.#restarts === 'itself' && this.#recent().length > CRASHES_MAX;
    const late = new Promise<void>((resolve) => setTimeout(resolve, KEEP_DEADLINE_MS));
    const kept = isTooOften ? Promise.resolve() : this.#witness?.keepTasksFor(KEEP_SECONDS).catch(() => undefined);
    const again = (): void => relaunch([isTooOften ? GIVING_UP : AFTER_CRASH]);
    drop(Promise.race([kept, late]).then(this.#restarts === 'itself' ? again : () => app.exit(1)), () => app.exit(1));
  }

  /**
   * What the app does that was started only for this: the one that failed has ended, and its agents with it, however long
   * nobody reads this.
   */
  async sayThatItStopped(): Promise<void> {
    await app.whenReady();
    const often = `It stopped ${CRASHES_MAX + 1} times within ten minutes, the last time with: ${this.lastMessage}`;
    dialog.showErrorBox('CTRL NODE has stopped', `${often}\n\nTasks and their logs are kept. Start it again to go on.`);
    app.exit(1);
  }

  #note(crash: Crash): void {
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true });
      appendFileSync(this.#file, `${JSON.stringify(crash)}\n`);
    } catch {
      // A disk that is full must not keep the app from starting anew.
    }
  }

  #recent(): readonly Crash[] {
    try {
      const crashes = readFileSync(this.#file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      return crashes.filter((crash: Crash) => Date.now() - crash.at < WITHIN_MS);
    } catch {
      return [];
    }
  }
}
