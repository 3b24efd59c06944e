import { app, dialog } from 'electron/main';
import { drop } from '../../base/drop.ts';
import { countOf } from '../../base/times.ts';
import type { DesktopParts } from './desktop-app.ts';

const LOOK_EVERY_MS = 1_000;
type Choice = 'stay' | 'finish' | 'stop';

/** What happens to running tasks when the app is asked to quit. The person's answer holds. */
export class Quitting {
  readonly #parts: DesktopParts;
  readonly #close: () => Promise<void>;
  #state: 'running' | 'asking' | 'finishing' | 'closing' | 'closed' = 'running';

  constructor(parts: DesktopParts, close: () => Promise<void>) {
    this.#parts = parts;
    this.#close = close;
  }

  onBeforeQuit(event: { preventDefault(): void }): void {
    if (this.#state === 'closed') return;
    event.preventDefault();
    if (this.#state === 'asking' || this.#state === 'closing') return;
    drop(this.#decide(), (error) => this.#parts.logger.error({ event: 'quit_failed', error: String(error) }));
  }

  async #decide(): Promise<void> {
    const choice = this.#running === 0 ? 'stop' : await this.#ask();
    if (choice === 'stay') this.#state = 'running';
    else if (choice === 'finish') await this.#finish();
    else await this.#end();
  }

  async #ask(): Promise<Choice> {
    this.#state = 'asking';
    const running = this.#running;
    const { response } = await dialog.showMessageBox({
      type: 'question',
      message: `${countOf(running, 'task')} ${running === 1 ? 'is' : 'are'} running`,
      detail: 'If you stop them now, they end as interrupted. You can go on with them later.',
      buttons: ['Quit when they are done', 'Stop them and quit', 'Stay'],
      defaultId: 2,
      cancelId: 2,
    });
    return (['finish', 'stop', 'stay'] as const)[response] ?? 'stay';
  }

  async #finish(): Promise<void> {
    this.#state = 'finishing';
    // Nothing new begins: who quits does not want a night of tasks.
    await this.#parts.engine.bridge?.pause(null);
    while (this.#running > 0 && this.#state === 'finishing') {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    if (this.#state === 'finishing') await this.#end();
  }

  async #end(): Promise<void> {
    this.#state = 'closing';
    await this.#close();
    this.#state = 'closed';
    app.quit();
  }

  get #running(): number {
    return this.#parts.engine.bridge?.snapshot.runningTasks ?? 0;
  }
}
