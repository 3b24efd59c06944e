import { app } from 'electron/main';
import electronUpdater from 'electron-updater';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../bridge/ports.ts';
import type { UpdateState } from '../../protocol/ui/desktop-state.ts';
import { relaunch } from '../app/relaunch.ts';
import { createUpdatesOf, type Updates } from './update-cycle.ts';

export interface UpdatesOptions {
  readonly isSigned: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Only signed builds take updates: what an unsigned one downloads, no system would check. */
export function createUpdates({ isSigned, logger, clock }: UpdatesOptions): Updates {
  if (!isSigned || !app.isPackaged) return noUpdates;
  return createUpdatesOf(electronUpdater.autoUpdater, { logger, clock, startAgain: () => relaunch() });
}

const NONE: UpdateState = { kind: 'none', version: null };
const noUpdates: Updates = {
  state: NONE,
  onDidChange: new Emitter<void>().event,
  start: () => undefined,
  check: async () => NONE,
  install: () => undefined,
};
