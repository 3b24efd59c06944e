/**
 * The tray app. What must be done before Electron is ready is done here, at once: the lock, the scheme, the deep links.
 * No top-level await on `whenReady`: in a module it would never return.
 */
import path from 'node:path';
import { app } from 'electron/main';
import { drop } from '../base/drop.ts';
import { messageOf } from '../base/errors.ts';
import { CrashGuard } from './app/crash-guard.ts';
import { DesktopApp } from './app/desktop-app.ts';
import { argumentsOf } from './app/start-arguments.ts';
import { connectSupervisor } from './app/supervisor.ts';
import { DeepLinks } from './os/deep-links.ts';
import { onEndSignal } from './os/end-signals.ts';
import { keepGtkFromGraphics } from './os/gtk-graphics.ts';
import { onSessionEnd } from './os/session-end.ts';
import { registerAppScheme } from './windows/app-scheme.ts';
import { needsSessionWindow, openSessionWindow } from './windows/session-window.ts';

app.setName('CTRL NODE');
const restoreEnvironment = keepGtkFromGraphics();
const start = argumentsOf(process.argv);
const supervisor = start.supervised && connectSupervisor();
const crashes = new CrashGuard({
  folder: app.getPath('userData'),
  restarts: start.supervised ? 'supervisor' : 'itself',
});
crashes.listen();
registerAppScheme();
const links = new DeepLinks();
links.listen();

if (start.isGivingUp) drop(crashes.sayThatItStopped(), fail);
// Its supervisor is gone already: nobody would end it.
else if (start.supervised && !supervisor) app.exit(1);
else if (app.requestSingleInstanceLock({ argv: process.argv })) drop(run(), fail);
else {
  supervisor?.tell({
    type: 'failed',
    code: 'already_running',
    message: 'The tray app runs already on this data folder.',
  });
  app.quit();
}

async function run(): Promise<void> {
  // Without this a closed window would end the app.
  app.on('window-all-closed', () => undefined);
  await app.whenReady();
  restoreEnvironment();
  if (process.platform === 'darwin') app.setActivationPolicy('accessory');
  const desktop = new DesktopApp({ folder: path.dirname(import.meta.dirname), links, start, crashes, supervisor });
  app.on('second-instance', (_event, argv) => {
    links.take(argv);
    if (!argumentsOf(argv).isHidden) desktop.show();
  });
  app.on('activate', () => desktop.show());
  app.on('before-quit', (event) => desktop.onBeforeQuit(event));
  onEndSignal(() => desktop.endNow());
  if (needsSessionWindow()) onSessionEnd(openSessionWindow(), () => desktop.endNow());
  supervisor?.onGone(() => desktop.endNow());
  await desktop.start();
  links.take(process.argv);
}

function fail(error: unknown): void {
  process.stderr.write(`CTRL NODE could not start: ${messageOf(error)}\n`);
  app.exit(1);
}
