/** Something with a lifetime that is ended by exactly one call. Calling it again does nothing. */
export interface Disposable {
  dispose(): void;
}

/** Turns a function into a {@link Disposable} that runs it at most once. */
export function toDisposable(release: () => void): Disposable {
  let isReleased = false;
  return {
    dispose() {
      if (isReleased) return;
      isReleased = true;
      release();
    },
  };
}

/** Collects disposables and releases them together, last added first. What is added after that is released at once. */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];
  #isDisposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.#isDisposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (let item = this.#items.pop(); item; item = this.#items.pop()) item.dispose();
  }
}
