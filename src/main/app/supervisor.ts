import type { HostMessage } from '../../protocol/local/host-message.ts';

/**
 * `ctrlnode up`, when it started the app: it is told what a bridge without a window would tell it, it starts the app again
 * after a crash, and the app ends with it.
 */
export interface Supervisor {
  tell(message: HostMessage): void;
  /** It is gone, in whatever way. */
  onGone(listener: () => void): void;
}

/** Undefined if there is none: its channel is there from the start, or never. */
export function connectSupervisor(): Supervisor | undefined {
  if (!process.connected) return undefined;
  return {
    tell(message) {
      // The channel may have closed just now; then there is nobody to tell.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onGone(listener) {
      process.once('disconnect', listener);
      if (!process.connected) listener();
    },
  };
}
