import type { AppUpdater } from 'electron-updater';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../bridge/ports.ts';
import type { UpdateState } from '../../protocol/ui/desktop-state.ts';

const EVERY_MS = 6 * 60 * 60_000;
const AFTER_FAILURE_MS = 30 * 60_000;

/** Looks for newer versions and fetches them in the background. Nothing is installed until the person asks. */
export interface Updates {
  readonly state: UpdateState;
  readonly onDidChange: Emitter<void>['event'];
  /** Looks now, and again and again. */
  start(): void;
  /** Looks now, if there is nothing newer on the way already. Resolves with what was found. */
  check(): Promise<UpdateState>;
  /** Starts the newer version, which ends this one. Whatever must be closed is closed already. */
  install(): void;
}

/** The calls of electron-updater that are used. */
export type Updater = Pick<
  AppUpdater,
  'logger' | 'autoDownload' | 'autoInstallOnAppQuit' | 'on' | 'once' | 'checkForUpdates' | 'quitAndInstall'
>;

export interface UpdaterOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** The newer version did not start, and everything is closed: so this one has to begin anew. */
  readonly startAgain: () => void;
}

export function createUpdatesOf(updater: Updater, { logger, clock, startAgain }: UpdaterOptions): Updates {
  const changed = new Emitter<void>();
  let state: UpdateState = { kind: 'idle', version: null };
  let next: Disposable | undefined;
  const set = (kind: UpdateState['kind'], version: string | null = null): void => {
    state = { kind, version };
    changed.fire();
  };
  updater.logger = null;
  updater.autoDownload = true;
  updater.autoInstallOnAppQuit = false;
  updater.on('checking-for-update', () => set('checking'));
  updater.on('update-not-available', () => set('current'));
  updater.on('update-available', ({ version }) => set('downloading', version));
  updater.on('update-downloaded', ({ version }) => set('ready', version));
  updater.on('error', (error) => {
    logger.warn({ event: 'update_failed', error: messageOf(error) });
    set('failed', state.version);
    // A download fails long after the look that began it.
    if (next) lookAgain();
  });

  async function look(): Promise<UpdateState> {
    if (['checking', 'downloading', 'ready'].includes(state.kind)) return state;
    const found = await updater.checkForUpdates();
    // It says so by events; a promise that nobody held would end the app.
    found?.downloadPromise?.catch(() => undefined);
    if (!found) set('none');
    return state;
  }
  // The event of the failure came before.
  const check = (): Promise<UpdateState> => look().catch(() => state);
  function lookAgain(): void {
    next?.dispose();
    next = clock.setTimeout(
      () => drop(check().then(lookAgain), () => undefined),
      state.kind === 'failed' ? AFTER_FAILURE_MS : EVERY_MS,
    );
  }
  return {
    get state() {
      return state;
    },
    onDidChange: changed.event,
    start: () => drop(check().then(lookAgain), () => undefined),
    check,
    install() {
      updater.once('error', startAgain);
      updater.quitAndInstall();
    },
  };
}
