import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type Desktop, startDesktop } from './support/desktop.ts';

let desktop: Desktop;
afterEach(() => desktop.close());

const environment = { command: 'sh', args: ['-c', 'echo "graphics: $GDK_GL."'] };
const config = { workspaces: {}, providers: { command: { programs: { environment } } } };

describe('the main process', () => {
  test('loads no graphics driver, and agents find the environment as the user has it', async () => {
    desktop = await startDesktop({ config });
    const { page } = desktop;
    await page.getByRole('heading', { level: 1 }).waitFor();
    const maps = readFileSync(`/proc/${desktop.app.process().pid}/maps`, 'utf8');
    expect(maps).toContain('libgtk-3');
    expect(maps.match(/\S*(?:_dri|libLLVM|libGLX_)\S*/g) ?? []).toEqual([]);

    await page.keyboard.press('n');
    await page.getByLabel('Agent', { exact: true }).selectOption({ label: 'Command' });
    await page.getByLabel('Program').selectOption('environment');
    await page.getByRole('button', { name: 'Start task' }).click();
    await page.getByText('graphics: .').waitFor();
  });
});
