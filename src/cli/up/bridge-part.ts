/**
 * The bridge of `ctrlnode up`: in the tray app where that can run, else without a window. Which of the two it became is
 * settled by the first start; whatever happens later, the same one is started again.
 */
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import type { Snapshot } from '../../protocol/ui/snapshot.ts';
import type { ChildHost } from './child-host.ts';
import type { ChildStarter } from './child-starters.ts';

/** What the person wants: the tray app if it can be had, in any case, or not at all. */
export type TrayWish = 'auto' | 'always' | 'never';

export interface BridgePartOptions {
  readonly wish: TrayWish;
  /** The tray app, or what is missing for it, as the middle of a sentence. */
  readonly tray: Result<ChildStarter, string>;
  readonly headless: ChildStarter;
  readonly createHost: (starter: ChildStarter) => ChildHost;
  readonly onNotice: (text: string) => void;
}

export class BridgePart {
  readonly #options: BridgePartOptions;
  #host: ChildHost | undefined;
  #isStopping = false;

  /** Throws `tray_impossible` if the person insists on a tray that cannot be. */
  constructor(options: BridgePartOptions) {
    this.#options = options;
    const { wish, tray } = options;
    if (wish === 'always' && !tray.ok)
      throw new CodedError('tray_impossible', `No tray icon: ${tray.error}. Leave --tray away to run without one.`);
  }

  /** Resolves when the bridge runs. Rejects as `ChildHost.start` does. */
  async start(): Promise<Snapshot> {
    const { wish, tray, headless } = this.#options;
    if (wish === 'never') return this.#run(headless);
    if (!tray.ok) return this.#runWithout(tray.error);
    try {
      return await this.#run(tray.value);
    } catch (error) {
      // What the app says about itself would be no different without a window.
      const isElectron = ['start_failed', 'start_timeout'].includes(codeOf(error) ?? '');
      if (this.#isStopping || wish === 'always' || !isElectron) throw error;
      await this.#host?.stop();
      return this.#runWithout(messageOf(error).replace(/^The/, 'the').replace(/\.$/, ''));
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#host?.stop();
  }

  #runWithout(reason: string): Promise<Snapshot> {
    this.#options.onNotice(`No tray icon: ${reason}. The bridge runs without one.`);
    return this.#run(this.#options.headless);
  }

  async #run(starter: ChildStarter): Promise<Snapshot> {
    if (this.#isStopping) throw new CodedError('stopping', 'It is being stopped.');
    const host = this.#options.createHost(starter);
    this.#host = host;
    const ready = await host.start();
    if (ready.type === 'bridge-ready') return ready.snapshot;
    throw new CodedError('start_failed', `The ${starter.name} did not say that it is ready.`);
  }
}
