import type { EventOf } from '../../protocol/ui/ipc.ts';

type Place = EventOf<'navigate'>;

/**
 * Leads the window to a place. A page that is still being loaded hears nothing, so the place is kept until the page asks
 * for its first state.
 */
export class Navigation {
  readonly #send: (place: Place) => void;
  #isHeard = false;
  #waiting: Place | undefined;

  constructor(send: (place: Place) => void) {
    this.#send = send;
  }

  goTo(place: Place): void {
    if (this.#isHeard) this.#send(place);
    else this.#waiting = place;
  }

  /** A page begins to load, or is gone. */
  pageLost(): void {
    this.#isHeard = false;
  }

  /** The page listens. */
  pageReady(): void {
    this.#isHeard = true;
    const place = this.#waiting;
    this.#waiting = undefined;
    if (place) this.#send(place);
  }
}
