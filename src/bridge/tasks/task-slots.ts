import { type Disposable, toDisposable } from '../../base/disposal.ts';

export interface TaskSlotsOptions {
  readonly tasksAtOnce: number;
  readonly perProvider: number;
}

/** Counts what runs, in all and per provider. Taking more than there are is allowed: found-again tasks run already. */
export class TaskSlots {
  #options: TaskSlotsOptions;
  readonly #taken: string[] = [];

  constructor(options: TaskSlotsOptions) {
    this.#options = options;
  }

  /** What runs beyond a lower number goes on. */
  change(options: TaskSlotsOptions): void {
    this.#options = options;
  }

  isFree(provider: string): boolean {
    const { tasksAtOnce, perProvider } = this.#options;
    const ofProvider = this.#taken.filter((taken) => taken === provider).length;
    return this.#taken.length < tasksAtOnce && ofProvider < perProvider;
  }

  take(provider: string): Disposable {
    this.#taken.push(provider);
    return toDisposable(() => {
      this.#taken.splice(this.#taken.indexOf(provider), 1);
    });
  }
}
