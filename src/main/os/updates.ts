import { app } from 'electron/main';
import electronUpdater from 'electron-updater';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../bridge/ports.ts';
import type { UpdateState } from '../../protocol/ui/desktop-state.ts';

const EVERY_MS = 6 * 60 * 60_000;

/** Looks for newer versions and fetches them in the background. Nothing is installed until the person asks. */
export interface Updates {
  readonly state: UpdateState;
  readonly onDidChange: Emitter<void>['event'];
  start(): void;
  check(): void;
  /** Ends the app and starts the newer one. */
  install(): void;
}

/** Only signed builds take updates: what an unsigned one downloads, no system would check. */
export function createUpdates({ isSigned, logger }: { isSigned: boolean; logger: Logger }): Updates {
  return isSigned && app.isPackaged ? createSignedUpdates(logger) : noUpdates;
}

const noUpdates: Updates = {
  state: { kind: 'none', version: null },
  onDidChange: new Emitter<void>().event,
  start: () => undefined,
  check: () => undefined,
  install: () => undefined,
};

function createSignedUpdates(logger: Logger): Updates {
  const { autoUpdater } = electronUpdater;
  const changed = new Emitter<void>();
  let state: UpdateState = { kind: 'idle', version: null };
  const set = (next: UpdateState): void => {
    state = next;
    changed.fire();
  };
  autoUpdater.logger = null;
  autoUpdater.autoDownload = true;
  autoUpdater.autoInstallOnAppQuit = false;
  autoUpdater.on('checking-for-update', () => set({ kind: 'checking', version: null }));
  autoUpdater.on('update-not-available', () => set({ kind: 'idle', version: null }));
  autoUpdater.on('update-available', ({ version }) => set({ kind: 'downloading', version }));
  autoUpdater.on('update-downloaded', ({ version }) => set({ kind: 'ready', version }));
  autoUpdater.on('error', (error) => {
    logger.warn({ event: 'update_failed', error: messageOf(error) });
    set({ kind: 'failed', version: null });
  });
  const check = (): void => {
    if (state.kind === 'checking' || state.kind === 'downloading' || state.kind === 'ready') return;
    // Failures come as an event too.
    drop(autoUpdater.checkForUpdates(), () => undefined);
  };
  return {
    get state() {
      return state;
    },
    onDidChange: changed.event,
    start() {
      check();
      setInterval(check, EVERY_MS).unref();
    },
    check,
    install: () => autoUpdater.quitAndInstall(),
  };
}
