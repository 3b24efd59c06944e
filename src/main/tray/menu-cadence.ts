import type { MenuItemConstructorOptions } from 'electron/main';
import type { Clock } from '../../base/clock.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';

/** A menu whose ages and queue are as old as this at most. */
export const AGE_MAX_MS = 10_000;

type Template = readonly MenuItemConstructorOptions[];

interface Shown {
  readonly text: string;
  readonly at: number;
  readonly queue: DesktopState['snapshot']['queue'];
}

/**
 * When the menu is replaced. A menu that is open closes as it is replaced, so one that differs in nothing but the age of
 * things and the length of the queue, which move all the time while a task prints, waits until the last is AGE_MAX_MS old.
 */
export class MenuCadence {
  readonly #make: (state: DesktopState, now: number) => Template;
  readonly #clock: Clock;
  #shown: Shown | undefined;

  constructor(options: { readonly make: (state: DesktopState, now: number) => Template; readonly clock: Clock }) {
    this.#make = options.make;
    this.#clock = options.clock;
  }

  /** The menu to show instead of the last one, if it is to be replaced now. */
  next(state: DesktopState): Template | undefined {
    const now = this.#clock.now();
    const shown = this.#shown;
    if (shown && Math.abs(now - shown.at) < AGE_MAX_MS && this.#isSameButForNumbers(state, shown)) return undefined;
    const template = this.#make(state, now);
    const text = JSON.stringify(template);
    if (text === shown?.text) return undefined;
    this.#shown = { text, at: now, queue: state.snapshot.queue };
    return template;
  }

  #isSameButForNumbers(state: DesktopState, { text, at, queue }: Shown): boolean {
    const then = { ...state, snapshot: { ...state.snapshot, queue } };
    return JSON.stringify(this.#make(then, at)) === text;
  }
}
