import type { ProcessPlatform } from './platform.ts';
import { posixSignals } from './posix-signals.ts';

/** What Linux and macOS have in common: whose process it is stands in its environment, so there is nothing to keep. */
export const posixPlatform = {
  ...posixSignals,
  hasSessions: true,
  track: () => undefined,
  untrack: () => undefined,
  whyNotStart: () => undefined,
} satisfies Partial<ProcessPlatform>;
