import { app } from 'electron/main';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import type { DesktopParts } from './desktop-app.ts';
import { askAboutTasks } from './quit-question.ts';

const LOOK_EVERY_MS = 500;
/** A little more than what the engine allows itself for ending tasks. */
const CLOSE_DEADLINE_MS = 20_000;

type State = 'running' | 'asking' | 'finishing' | 'closing' | 'closed';

/**
 * What happens to running tasks when the app is asked to quit. The person's answer holds, until another quit asks again.
 * Whatever fails, the app ends: a bridge that ended hard finds its tasks again.
 */
export class Quitting {
  readonly #parts: DesktopParts;
  readonly #close: () => Promise<void>;
  #state: State = 'running';

  constructor(parts: DesktopParts, close: () => Promise<void>) {
    this.#parts = parts;
    this.#close = close;
  }

  onBeforeQuit(event: { preventDefault(): void }): void {
    if (this.#state === 'closed') return;
    event.preventDefault();
    if (this.#state === 'asking' || this.#state === 'closing') return;
    drop(this.#decide(), (error) => this.#parts.logger.error({ event: 'quit_failed', error: messageOf(error) }));
  }

  /** The system ends the app, and asks nobody: tasks are stopped. */
  endNow(): void {
    drop(this.#end(), () => app.exit(1));
  }

  async #decide(): Promise<void> {
    if (this.#running === 0) return this.#end();
    const isFinishing = this.#state === 'finishing';
    this.#state = 'asking';
    const choice = await askAboutTasks({ running: this.#running, isFinishing });
    // The system may have ended the app while the question stood there.
    if (this.#state !== 'asking') return;
    if (choice === 'stop') await this.#end();
    else if (choice === 'finish') await this.#finish();
    else this.#stay();
  }

  #stay(): void {
    this.#state = 'running';
    this.#parts.engine.bridge?.holdTasks(false);
  }

  async #finish(): Promise<void> {
    this.#state = 'finishing';
    // Nothing new begins: who quits does not want a night of tasks.
    this.#parts.engine.bridge?.holdTasks(true);
    while (this.#state === 'finishing' && this.#running > 0) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    if (this.#state === 'finishing') await this.#end();
  }

  async #end(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    const { logger } = this.#parts;
    const late = setTimeout(() => {
      logger.error({ event: 'quit_late' });
      app.exit(1);
    }, CLOSE_DEADLINE_MS);
    try {
      await this.#close();
    } catch (error) {
      logger.error({ event: 'quit_failed', error: messageOf(error) });
    }
    clearTimeout(late);
    this.#state = 'closed';
    app.quit();
  }

  get #running(): number {
    return this.#parts.engine.bridge?.snapshot.runningTasks ?? 0;
  }
}
