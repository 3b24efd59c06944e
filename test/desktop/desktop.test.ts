import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';
import { startPaired } from './support/paired.ts';

let desktop: Desktop;
let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

async function start(args: readonly string[] = []): Promise<void> {
  desktop = await startDesktop({ config, args });
  stop = desktop.close;
}

async function pair() {
  const paired = await startPaired({ config });
  ({ desktop, stop } = paired);
  return { ...paired, page: desktop.page };
}

const programs = {
  slow: fixture('slow-lines.mjs', ['400', '20']),
  hello: { command: 'echo', args: ['hello from the desktop'] },
};
const config = { workspaces: {}, providers: { command: { programs } } };

describe('the tray app', () => {
  test('first run: it says that it is not paired, in the window and in the tray', async () => {
    await start();
    await desktop.page.getByRole('heading', { name: 'Not paired' }).waitFor();
    await desktop.screenshot('first-run');
    expect(await desktop.icon()).toBe('offline');
    expect(await desktop.menu()).toMatchObject({
      status: 'Not paired',
      pair: 'Pair this computer…',
      quit: 'Quit CTRL NODE',
    });
  });

  test('a deep link pairs it after a press, and a task shows its log as it runs', async () => {
    const { page, launch } = await pair();
    await desktop.screenshot('online');
    await launch('slow').outcome;
    await page.getByRole('button', { name: /Run slow/ }).click();
    await page
      .getByText(/^line \d+ /)
      .first()
      .waitFor();
    await desktop.screenshot('task-running');
    await expect.poll(desktop.icon).toBe('working');
    expect(Object.values(await desktop.menu())).toContainEqual(expect.stringMatching(/^Run slow · under a minute$/));
  });

  test('paused and resumed from the menu', async () => {
    const { page } = await pair();
    await desktop.press('pause-now');
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    await expect.poll(desktop.icon).toBe('paused');
    await desktop.press('resume');
    await page.getByRole('heading', { name: 'Online' }).waitFor();
  });

  test('start at login writes a file that starts it hidden, and takes it away again', async () => {
    await start();
    const file = path.join(desktop.folder, 'config/autostart/ctrlnode.desktop');
    await desktop.press('start-at-login');
    await expect.poll(() => existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toMatch(/^Exec=".*ctrlnode-desktop" --hidden$/m);
    await expect.poll(desktop.menu).toBeDefined();
    await desktop.press('start-at-login');
    await expect.poll(() => existsSync(file)).toBe(false);
  });

  test('closing the window keeps it; a second start, and the tray, open it again', async () => {
    await start();
    const { page, app } = desktop;
    const closed = page.waitForEvent('close');
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    await closed;
    const [again] = await Promise.all([app.waitForEvent('window'), desktop.startAgain()]);
    await again.getByRole('heading', { name: 'Not paired' }).waitFor();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    const [third] = await Promise.all([app.waitForEvent('window'), desktop.press('open')]);
    await third.getByRole('heading', { name: 'Not paired' }).waitFor();
  });

  test('started hidden it shows no window, until a deep link opens the page that asks', async () => {
    await start(['--hidden']);
    const { app } = desktop;
    await expect.poll(desktop.icon).toBe('offline');
    expect(app.windows()).toEqual([]);
    const link = `ctrlnode://pair?server=http://127.0.0.1:9#${'a'.repeat(20)}`;
    const [page] = await Promise.all([app.waitForEvent('window'), desktop.startAgain(link)]);
    await page.getByRole('heading', { name: /Pair/ }).waitFor();
  });

  test('a window that crashed comes back with what it showed', async () => {
    await start();
    await desktop.page.getByRole('heading', { name: 'Not paired' }).waitFor();
    // A script that is given to a page which is just dying is never answered: so only after the next page has loaded.
    await desktop.app.evaluate(
      ({ BrowserWindow }) =>
        new Promise<void>((resolve) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          contents?.once('did-finish-load', () => resolve());
          contents?.forcefullyCrashRenderer();
        }),
    );
    await expect.poll(desktop.text, { timeout: 15_000 }).toContain('Not paired');
  });
});
