import { afterEach, describe, expect, test } from 'vitest';
import { config } from './support/agents.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

let desktop: Desktop;
afterEach(() => desktop.close());

const QUESTIONS = ['Asking agent asks: touch it', 'Asking agent asks: touch it'];

describe('notifications while nobody looks at the window', () => {
  test.each([
    ['all', 'Questions and ends of tasks', [...QUESTIONS, 'Done: Run short']],
    ['questions', 'Questions only', QUESTIONS],
    ['none', 'None', []],
  ])('%s', async (setting, words, expected) => {
    desktop = await startDesktop({ config });
    const { page } = desktop;
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Notifications').selectOption({ label: words });
    await expect
      .poll(async () => ((await desktop.request('state/get', null)) as { settings: object }).settings)
      .toMatchObject({ notifications: setting });
    await desktop.notifications();
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const launch = { instructions: 'Run it.', workspace: 'default' };
    await desktop.request('tasks/launch', {
      ...{ ...launch, title: 'Run short', provider: 'command', settings: { program: 'short' } },
    });
    await desktop.request('tasks/launch', { ...launch, title: 'Touch it', provider: 'asks' });
    // The menu is drawn from the same state, right before.
    await expect
      .poll(async () => Object.values(await desktop.menu()).filter((label) => /^(Waiting|Running)/.test(label)), {
        timeout: 15_000,
      })
      .toEqual(['Waiting for you (2)', 'Running tasks (1)']);
    expect((await desktop.notifications()).sort()).toEqual(expected);
  });
});
