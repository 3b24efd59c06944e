import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

const EVERY_MS = 50;

/** Tells that a task's log grew: the first time at once, then once in a while for as often as it was told. */
export class Growth implements Disposable {
  readonly #clock: Clock;
  readonly #tell: (taskId: string) => void;
  readonly #resting = new Map<string, Disposable>();
  readonly #owed = new Set<string>();

  constructor(clock: Clock, tell: (taskId: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  grew(taskId: string): void {
    if (this.#resting.has(taskId)) {
      this.#owed.add(taskId);
      return;
    }
    const rest = this.#clock.setTimeout(() => {
      this.#resting.delete(taskId);
      if (this.#owed.delete(taskId)) this.grew(taskId);
    }, EVERY_MS);
    this.#resting.set(taskId, rest);
    this.#tell(taskId);
  }

  dispose(): void {
    for (const rest of this.#resting.values()) rest.dispose();
    this.#resting.clear();
  }
}
