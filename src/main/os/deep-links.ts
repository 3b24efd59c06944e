import { app } from 'electron/main';
import { Emitter } from '../../base/emitter.ts';

const PREFIX = 'ctrlnode://';
const LINK_MAX_CHARACTERS = 1_000;

/**
 * Links of our scheme that other programs hand over: by an event on macOS, as an argument elsewhere. They come from
 * anywhere, so a link only opens the page that asks the person; nothing is done by it alone.
 */
export class DeepLinks {
  readonly #arrived = new Emitter<string>();
  #waiting: string[] = [];
  #isHeard = false;

  /** Before the app is ready. */
  listen(): void {
    app.on('will-finish-launching', () => {
      app.on('open-url', (event, url) => {
        event.preventDefault();
        this.#take(url);
      });
    });
  }

  /** From here on links are handed out, first those that came before. */
  onLink(listener: (link: string) => void): void {
    this.#arrived.event(listener);
    this.#isHeard = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const link of waiting) listener(link);
  }

  take(argv: readonly string[]): void {
    for (const argument of argv) this.#take(argument);
  }

  #take(text: string): void {
    if (!text.startsWith(PREFIX) || text.length > LINK_MAX_CHARACTERS) return;
    if (this.#isHeard) this.#arrived.fire(text);
    else this.#waiting.push(text);
  }
}
