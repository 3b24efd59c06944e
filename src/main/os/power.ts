import { powerMonitor, powerSaveBlocker } from 'electron/main';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';

/** Tells when the machine came back from sleep. */
export function onResume(listener: () => void): void {
  powerMonitor.on('resume', listener);
  powerMonitor.on('unlock-screen', listener);
}

/** Tells when the machine is about to shut down, which waits a moment for us (Linux and macOS). */
export function onShutdown(listener: () => void): void {
  // Its types know the event without its argument.
  powerMonitor.on('shutdown', (event?: { preventDefault?(): void }) => {
    event?.preventDefault?.();
    listener();
  });
}

/** Keeps the machine from sleeping while tasks run, if the person wants that. The screen may go dark. */
export class KeepAwake {
  #blocker: number | undefined;

  set({ settings, snapshot }: Pick<DesktopState, 'settings' | 'snapshot'>): void {
    const isWanted = settings.keepAwake && snapshot.runningTasks > 0;
    if (isWanted && this.#blocker === undefined) this.#blocker = powerSaveBlocker.start('prevent-app-suspension');
    else if (!isWanted && this.#blocker !== undefined) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = undefined;
    }
  }
}
