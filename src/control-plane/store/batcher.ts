/**
 * Group commit: what is submitted while one batch runs goes into the next, in the order of submission. When a batch of
 * several fails, each of its items is tried alone, so that one bad item harms nobody else.
 */
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { drop } from '../../base/drop.ts';

export interface BatcherOptions<Item, Output> {
  /** Runs the items in one transaction; resolves with one output for each, or rejects with nothing done. */
  readonly run: (items: readonly Item[]) => Promise<readonly Output[]>;
  readonly maxItems: number;
}

interface Waiting<Item, Output> {
  readonly item: Item;
  readonly done: Deferred<Output>;
}

export class Batcher<Item, Output> {
  readonly #options: BatcherOptions<Item, Output>;
  #waiting: Waiting<Item, Output>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: BatcherOptions<Item, Output>) {
    this.#options = options;
  }

  /** Number of items that no batch has taken yet. The caller bounds it by not submitting without end. */
  get size(): number {
    return this.#waiting.length;
  }

  submit(item: Item): Promise<Output> {
    const done = createDeferred<Output>();
    this.#waiting.push({ item, done });
    this.#running ??= this.#drain();
    return done.promise;
  }

  /** Resolves when everything submitted so far has ended. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    // A turn of the event loop first, so that what arrives together goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.maxItems);
      if (!(await this.#tryAll(batch))) for (const one of batch) await this.#tryOne(one);
    }
    this.#running = undefined;
  }

  async #tryAll(batch: readonly Waiting<Item, Output>[]): Promise<boolean> {
    try {
      const outputs = await this.#options.run(batch.map((one) => one.item));
      for (const [at, one] of batch.entries()) one.done.resolve(outputs[at] as Output);
      return true;
    } catch (error) {
      if (batch.length > 1) return false;
      reject(batch[0], error);
      return true;
    }
  }

  async #tryOne(one: Waiting<Item, Output>): Promise<void> {
    try {
      const [output] = await this.#options.run([one.item]);
      one.done.resolve(output as Output);
    } catch (error) {
      reject(one, error);
    }
  }
}

function reject<Item, Output>(one: Waiting<Item, Output> | undefined, error: unknown): void {
  if (!one) return;
  // The submitter may be gone by now; then nobody is left to tell.
  drop(one.done.promise, () => {});
  one.done.reject(error);
}
