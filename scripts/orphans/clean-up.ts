/** What must be undone however a script ends. The last that was added goes first. */
export class CleanUp {
  readonly #open: (() => void | Promise<void>)[] = [];

  /** Gives the function that undoes it now, once. */
  add(undo: () => void | Promise<void>): () => Promise<void> {
    this.#open.push(undo);
    return async () => {
      const at = this.#open.indexOf(undo);
      if (at < 0) return;
      this.#open.splice(at, 1);
      await undo();
    };
  }

  async all(): Promise<void> {
    for (let undo = this.#open.pop(); undo; undo = this.#open.pop()) {
      try {
        await undo();
      } catch (error) {
        console.error(error);
      }
    }
  }
}
