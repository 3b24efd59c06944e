import { app } from 'electron/main';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../bridge/ports.ts';
import type { EngineHost } from './engine-host.ts';
import { askAboutTasks } from './quit-question.ts';

const LOOK_EVERY_MS = 500;
/** A little more than what the engine allows itself for ending tasks. */
const CLOSE_DEADLINE_MS = 20_000;

export interface QuittingOptions {
  readonly engine: EngineHost;
  readonly logger: Logger;
  /** The person's decision holds from here on: the app is about to close. Not told when the system ends it. */
  readonly onDidDecide: () => void;
  readonly close: () => Promise<void>;
}

type State = 'running' | 'asking' | 'finishing' | 'closing' | 'closed';

/**
 * What happens to running tasks when the app is asked to quit. The person's answer holds, until another quit asks again.
 * Whatever fails, the app ends: a bridge that ended hard finds its tasks again.
 */
export class Quitting {
  readonly #options: QuittingOptions;
  #state: State = 'running';

  constructor(options: QuittingOptions) {
    this.#options = options;
  }

  onBeforeQuit(event: { preventDefault(): void }): void {
    if (this.#state === 'closed') return;
    event.preventDefault();
    if (this.#state === 'asking' || this.#state === 'closing') return;
    drop(this.#decide(), (error) => this.#options.logger.error({ event: 'quit_failed', error: messageOf(error) }));
  }

  /** The system ends the app, and asks nobody: tasks are stopped. */
  endNow(): void {
    drop(this.#end(), () => app.exit(1));
  }

  /** Closes everything, then does what ends the app. */
  endWith(act: () => void): Promise<void> {
    return this.#end(act);
  }

  async #decide(): Promise<void> {
    if (this.#running === 0) return this.#quit();
    const isFinishing = this.#state === 'finishing';
    this.#state = 'asking';
    const choice = await askAboutTasks({ running: this.#running, isFinishing });
    // The system may have ended the app while the question stood there.
    if (this.#state !== 'asking') return;
    if (choice === 'stop') await this.#quit();
    else if (choice === 'finish') await this.#finish();
    else this.#stay();
  }

  #stay(): void {
    this.#state = 'running';
    this.#options.engine.bridge?.holdTasks(false);
  }

  async #finish(): Promise<void> {
    this.#state = 'finishing';
    // Nothing new begins: who quits does not want a night of tasks.
    this.#options.engine.bridge?.holdTasks(true);
    while (this.#state === 'finishing' && this.#running > 0) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    if (this.#state === 'finishing') await this.#quit();
  }

  #quit(): Promise<void> {
    this.#options.onDidDecide();
    return this.#end();
  }

  async #end(act: () => void = () => app.quit()): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    const { logger } = this.#options;
    const late = setTimeout(() => {
      logger.error({ event: 'quit_late' });
      app.exit(1);
    }, CLOSE_DEADLINE_MS);
    try {
      await this.#options.close();
    } catch (error) {
      logger.error({ event: 'quit_failed', error: messageOf(error) });
    }
    clearTimeout(late);
    this.#state = 'closed';
    act();
  }

  get #running(): number {
    return this.#options.engine.bridge?.snapshot.runningTasks ?? 0;
  }
}
