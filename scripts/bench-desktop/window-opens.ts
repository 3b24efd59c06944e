/** From "Open" in the tray's menu until the window is shown and its page has painted the state. */
import type { ElectronApplication } from 'playwright-core';
import type {} from '../../src/main/app/test-hooks.ts';
import { percentile } from '../bench/statistics.ts';

export interface WindowOpens {
  /** The first one since the app was started, hidden. */
  readonly firstMs: number;
  /** Of those that follow, each with a page of its own: a closed window is gone. */
  readonly medianMs: number;
  readonly worstMs: number;
}

const OPENS = 11;

export async function measureWindowOpens(app: ElectronApplication): Promise<WindowOpens> {
  const times: number[] = [];
  while (times.length < OPENS) {
    times.push(await openOnceMs(app));
    await closeWindow(app);
  }
  const [firstMs = Number.NaN, ...others] = times;
  return { firstMs, medianMs: percentile(others, 0.5), worstMs: Math.max(...others) };
}

// Both moments are taken where they happen, by the one clock of the machine; the driver's own way does not count.
function openOnceMs(app: ElectronApplication): Promise<number> {
  return app.evaluate(async ({ app: electronApp }, painted) => {
    const ready = new Promise<number>((resolve, reject) => {
      electronApp.once('browser-window-created', (_event, window) => {
        const isShown = new Promise<number>((shown) => window.once('show', () => shown(Date.now())));
        window.webContents.once('dom-ready', () => {
          const isPainted = window.webContents.executeJavaScript(painted) as Promise<number>;
          Promise.all([isShown, isPainted]).then((moments) => resolve(Math.max(...moments)), reject);
        });
      });
    });
    const pressedAt = Date.now();
    if (!globalThis.ctrlnodeTest?.press('open')) throw new Error('The menu has no "Open"');
    return (await ready) - pressedAt;
  }, WHEN_PAINTED);
}

/** Runs in the page. The title says the connection's state; what is drawn in one frame is on the screen by the next. */
const WHEN_PAINTED = `new Promise((resolve) => {
  const look = () => {
    if (document.querySelector('h1')) requestAnimationFrame(() => resolve(Date.now()));
    else requestAnimationFrame(look);
  };
  look();
})`;

function closeWindow(app: ElectronApplication): Promise<void> {
  return app.evaluate(async ({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    await new Promise<void>((resolve) => {
      window?.once('closed', () => resolve());
      window?.close();
    });
  });
}
