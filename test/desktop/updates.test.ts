import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { until } from '../support/until.ts';
import { type Desktop, PROGRAM, startDesktop } from './support/desktop.ts';
import { type ReleaseFeed, startReleaseFeed } from './support/release-feed.ts';

const programs = { forever: fixture('forever.mjs') };
const CLOSE = 0;

let folder: string;
let feed: ReleaseFeed;
let desktop: Desktop | undefined;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-updates-'));
  // The newer version: it says whether it found the older one's engine closed, and runs as that did.
  const newer = `#!/bin/sh
[ -S "$CTRLNODE_DATA_DIR/bridge/control.sock" ] && state=open || state=closed
echo "started, the engine was $state" > '${path.join(folder, 'newer-ran')}'
exec '${PROGRAM}' --no-sandbox --disable-gpu --user-data-dir="$CTRLNODE_DATA_DIR/../user" --hidden
`;
  feed = await startReleaseFeed(folder, newer);
});
afterEach(async () => {
  await desktop?.close();
  desktop = undefined;
  feed.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(): Promise<Desktop> {
  const { program, env } = feed.app;
  desktop = await startDesktop({ config: { workspaces: {}, providers: { command: { programs } } }, program, env });
  await desktop.page.getByRole('heading', { name: 'Not paired' }).waitFor();
  return desktop;
}

const item = async () => (await desktop?.menu())?.updates;
const shows = (label: string) => expect.poll(item, { timeout: 15_000 }).toBe(label);
const READY = 'Restart to update to 0.2.0';
const newerRan = () => existsSync(path.join(folder, 'newer-ran'));

describe('a newer version', () => {
  test('is fetched in the background, waits for the running task, and starts when the engine is closed', async () => {
    const { request, press, menu, gone, app } = await start();
    const { pid } = app.process();
    const launch = { title: 'Run', instructions: 'Run.', provider: 'command', workspace: 'default' };
    const { taskId } = (await request('tasks/launch', { ...launch, settings: { program: 'forever' } })) as {
      taskId: string;
    };
    await expect.poll(async () => (await menu()).tasks).toBe('Running tasks (1)');
    await shows('0.2.0 is ready, and waits until no task runs');
    await expect(request('updates/install', null)).rejects.toThrow('Tasks are running');
    await request('tasks/cancel', { taskId });
    await shows(READY);
    expect(newerRan()).toBe(false);
    await press('updates').catch(() => undefined);
    expect(await gone).toBe(0);
    await until('the newer version', newerRan);
    expect(readFileSync(path.join(folder, 'newer-ran'), 'utf8')).toBe('started, the engine was closed\n');
    expect(readFileSync(feed.appImage, 'utf8')).toMatch(/^#!/);
    await endNextLife(pid);
  });

  test('is not installed by quitting', async () => {
    const { press, gone } = await start();
    await shows(READY);
    await press('quit').catch(() => undefined);
    expect(await gone).toBe(0);
    expect(readFileSync(feed.appImage, 'utf8')).toBe('the version that runs');
    expect(newerRan()).toBe(false);
  });

  test('that cannot be put in place leaves the app running, started anew', async () => {
    const { press, gone, app } = await start();
    await shows(READY);
    // Somebody has moved it: there is nothing to replace.
    rmSync(feed.appImage);
    const { pid } = app.process();
    await press('updates').catch(() => undefined);
    expect(await gone).toBe(1);
    await endNextLife(pid);
    expect(newerRan()).toBe(false);
  });
});

describe('a place for updates that does not work', () => {
  test('nothing newer: asked for, it is said', async () => {
    feed.state = 'same';
    await start();
    await shows('No newer version. Check again…');
    expect(await answerTo('updates')).toEqual(['There is no newer version']);
  });

  test.each(['gone', 'nonsense'] as const)(
    '%s: it is said in words, and asking again works once it is back',
    async (state) => {
      feed.state = state;
      await start();
      await shows('Updates could not be looked for. Try again…');
      expect(await answerTo('updates')).toEqual(['Updates could not be looked for']);
      feed.state = 'newer';
      await desktop?.press('updates');
      await shows(READY);
    },
  );

  test.each(['file-gone', 'file-changed'] as const)(
    '%s: the version that cannot be fetched is named, and the app goes on',
    async (state) => {
      feed.state = state;
      await start();
      await shows('0.2.0 could not be downloaded. Try again…');
      feed.state = 'newer';
      await desktop?.press('updates');
      await shows(READY);
      expect(existsSync(path.join(desktop?.folder ?? '', 'user/crashes.ndjson'))).toBe(false);
    },
  );
});

/** Presses the item, and tells what the dialogs said. */
async function answerTo(id: string): Promise<string[]> {
  await desktop?.answerDialogs(CLOSE);
  await desktop?.press(id);
  return until('an answer', async () => {
    const said = (await desktop?.dialogs()) ?? [];
    return said.length > 0 && said;
  });
}

/** Waits until the app runs again as another process, and ends that. */
async function endNextLife(pid: number | undefined): Promise<void> {
  const logs = path.join(desktop?.folder ?? '', 'data/bridge/logs');
  const next = await until('the next life', () => {
    const lines = readdirSync(logs).flatMap((name) => readFileSync(path.join(logs, name), 'utf8').split('\n'));
    const pids = lines.filter(Boolean).map((line) => JSON.parse(line).pid as number);
    return pids.find((each) => each !== pid);
  });
  process.kill(next, 'SIGTERM');
  await until('its end', () => !existsSync(`/proc/${next}`));
}
