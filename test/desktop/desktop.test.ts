import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

let desktop: Desktop;
let stack: Stack | undefined;
afterEach(async () => {
  await desktop.close();
  await stack?.stop();
  stack = undefined;
});

const programs = {
  slow: fixture('slow-lines.mjs', ['400', '20']),
  hello: { command: 'echo', args: ['hello from the desktop'] },
};
const config = { workspaces: {}, providers: { command: { programs } } };

/** Pairs the app with a control plane of its own through a deep link. */
async function startPaired() {
  stack = await startStack();
  const { client } = await stack.pairClient();
  const invite = await client.invite('bridge');
  const link = invite.link.replace(/^(https?:\/\/[^/]+)\/pair#/, 'ctrlnode://pair?server=$1#');
  desktop = await startDesktop({ config });
  await desktop.startAgain(link);
  const { page } = desktop;
  await page.getByRole('button', { name: /Pair with 127\.0\.0\.1/ }).click();
  await page.getByRole('heading', { name: 'Online' }).waitFor();
  const state = await client.when((each) => each.bridges.filter((bridge) => bridge.isOnline).length === 2, 15_000);
  const bridge = state.bridges.find((each) => each.bridgeId !== stack?.ready.bridge.id);
  if (!bridge) throw new Error('No bridge of the desktop');
  const launch = (program: string) =>
    client.launchTask({
      bridgeId: bridge.bridgeId,
      title: `Run ${program}`,
      instructions: 'Run it.',
      provider: 'command',
      workspace: 'default',
      settings: { program },
    });
  return { client, page, launch };
}

describe('the tray app', () => {
  test('first run: it says that it is not paired, in the window and in the tray', async () => {
    desktop = await startDesktop({ config });
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
    const { page, launch } = await startPaired();
    await desktop.screenshot('online');
    await launch('slow').outcome;
    await page.getByRole('button', { name: /Run slow/ }).click();
    await page.getByText('line 30 ').waitFor();
    await desktop.screenshot('task-running');
    await expect.poll(desktop.icon).toBe('working');
    expect(Object.values(await desktop.menu())).toContainEqual(expect.stringMatching(/^Run slow · \d+ s/));
  });

  test('paused and resumed from the menu', async () => {
    const { page } = await startPaired();
    await desktop.press('pause-now');
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    await expect.poll(desktop.icon).toBe('paused');
    await desktop.press('resume');
    await page.getByRole('heading', { name: 'Online' }).waitFor();
  });

  test('start at login writes a file that starts it hidden, and takes it away again', async () => {
    desktop = await startDesktop({ config });
    const file = path.join(desktop.folder, 'config/autostart/ctrlnode.desktop');
    await desktop.press('start-at-login');
    await expect.poll(() => existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toMatch(/^Exec=".*ctrlnode-desktop" --hidden$/m);
    await expect.poll(desktop.menu).toBeDefined();
    await desktop.press('start-at-login');
    await expect.poll(() => existsSync(file)).toBe(false);
  });

  test('a window that crashed comes back with what it showed', async () => {
    desktop = await startDesktop({ config });
    await desktop.page.getByRole('heading', { name: 'Not paired' }).waitFor();
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    await expect
      .poll(
        () =>
          desktop.app.evaluate(({ BrowserWindow }) =>
            BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
          ),
        { timeout: 15_000 },
      )
      .toContain('Not paired');
  });
});
