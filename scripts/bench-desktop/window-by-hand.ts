/** Opens and closes the app's window as a person does, from outside: no driver is in the app that is measured. */
import { type ChildProcess, spawn } from 'node:child_process';
import { execa } from 'execa';
import { startAlone } from '../../test/desktop/support/desktop.ts';
import { until } from '../../test/support/until.ts';

const TITLE = '^CTRL NODE$';

/** Without a window manager no window has the focus, so no key would reach it. The caller ends it. */
export function startWindowManager(): ChildProcess {
  return spawn('openbox', [], { stdio: 'ignore' });
}

/** A second start of the app opens the window of the first. */
export async function openAndCloseWindow(folder: string): Promise<void> {
  startAlone(folder);
  const id = await until('the window is shown', windowId);
  await until('the window is closed', async () => {
    await execa('xdotool', ['windowactivate', '--sync', id, 'key', 'alt+F4'], { reject: false });
    return (await windowId()) === undefined;
  });
}

async function windowId(): Promise<string | undefined> {
  const { stdout } = await execa('xdotool', ['search', '--onlyvisible', '--name', TITLE], { reject: false });
  return stdout.split('\n').find(Boolean);
}
