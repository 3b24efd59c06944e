import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { processesWith } from '../support/processes.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

const config = { workspaces: {}, providers: { command: { programs: { forever: fixture('forever.mjs') } } } };

let desktop: Desktop;
afterEach(() => desktop.close());

/** Windows is not here: its window is, and the message to it is ours. */
describe('the end of a session of Windows', () => {
  test.each(['query-session-end', 'session-end'])(
    '%s ends the app as SIGTERM does, with its window closed',
    async (message) => {
      desktop = await startDesktop({ config, env: { CTRLNODE_TEST_SESSION_WINDOW: '1' } });
      const { app, page, request } = desktop;
      await page.getByRole('heading', { name: 'Not paired' }).waitFor();
      const launch = { title: 'Run', instructions: 'Run.', provider: 'command', workspace: 'default' };
      const { taskId } = (await request('tasks/launch', { ...launch, settings: { program: 'forever' } })) as {
        taskId: string;
      };
      await expect.poll(async () => (await desktop.menu()).tasks).toBe('Running tasks (1)');
      await Promise.all([
        page.waitForEvent('close'),
        app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close()),
      ]);
      // The page tells its end a moment before its window is gone.
      const visible = () =>
        app.evaluate(({ BaseWindow }) => BaseWindow.getAllWindows().map((each) => each.isVisible()));
      await expect.poll(visible).toEqual([false]);
      await app.evaluate(({ BaseWindow }, event) => {
        const [left] = BaseWindow.getAllWindows();
        setTimeout(() => left?.emit(event, {}), 0);
      }, message);
      expect(await desktop.gone).toBe(0);
      const task = path.join(desktop.folder, 'data/workspace/tasks', taskId, 'task.json');
      expect(JSON.parse(readFileSync(task, 'utf8')).state).toBe('interrupted');
      expect(processesWith(`CTRLNODE_TASK=${taskId}`)).toEqual([]);
    },
  );
});
