import { existsSync } from 'node:fs';
import { app } from 'electron/main';
import { AFTER_CRASH, GIVING_UP } from './start-arguments.ts';

/** Ends the app at once and starts it anew, with what it was started with and perhaps this. */
export function relaunch(more: readonly string[] = []): void {
  const own = process.argv.slice(1).filter((argument) => argument !== AFTER_CRASH && argument !== GIVING_UP);
  // An AppImage is mounted anew, so it is started by its own file.
  const { APPIMAGE } = process.env;
  app.relaunch({ args: [...own, ...more], ...(APPIMAGE && existsSync(APPIMAGE) && { execPath: APPIMAGE }) });
  app.exit(1);
}
