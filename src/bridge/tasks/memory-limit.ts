import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../ports.ts';

export interface MemoryLimitOptions {
  readonly taskId: string;
  /** Undefined: no limit. */
  readonly limitMegabytes: number | undefined;
  /** Bytes that all live processes of the task use. */
  readonly measure: () => Promise<number>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called at most once, with the figures. */
  readonly onExceeded: (sentence: string) => void;
}

const SAMPLE_MS = 2_000;
const MEGABYTE = 1024 * 1024;

/** Looks every two seconds how much memory a task's processes use together. A peak between two looks is not seen. */
export class MemoryLimit implements Disposable {
  readonly #options: MemoryLimitOptions;
  #timer: Disposable | undefined;
  #isDisposed = false;

  constructor(options: MemoryLimitOptions) {
    this.#options = options;
  }

  run(): void {
    const { limitMegabytes, clock } = this.#options;
    if (limitMegabytes === undefined || this.#isDisposed || this.#timer) return;
    this.#timer = clock.setTimeout(() => {
      drop(this.#look(limitMegabytes), (error) => this.#lookAgain(error));
    }, SAMPLE_MS);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
  }

  async #look(limitMegabytes: number): Promise<void> {
    const used = (await this.#options.measure()) / MEGABYTE;
    if (this.#isDisposed) return;
    if (used <= limitMegabytes) {
      this.#again();
      return;
    }
    this.dispose();
    this.#options.onExceeded(sentenceOf(used, limitMegabytes));
  }

  #lookAgain(error: unknown): void {
    const { logger, taskId } = this.#options;
    logger.warn({ event: 'memory_unknown', taskId, error: messageOf(error) });
    this.#again();
  }

  #again(): void {
    this.#timer = undefined;
    this.run();
  }
}

function sentenceOf(used: number, limit: number): string {
  // Rounded up, so that it never reads as if it had been within the limit.
  const [usedMb, limitMb] = [Math.ceil(used), limit].map(figure);
  return `The task used ${usedMb} MB; this machine allows ${limitMb} MB per task (limits.memoryMegabytesPerTask).`;
}

function figure(megabytes: number): string {
  return megabytes.toLocaleString('en', { maximumFractionDigits: 0 });
}
