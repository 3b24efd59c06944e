import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { config, startTask } from './support/agents.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';
import { look } from './support/look.ts';
import { startPaired } from './support/paired.ts';
import { startTlsProxy, type TlsProxy } from './support/tls-proxy.ts';

let desktop: Desktop;
let stop: () => Promise<void>;
afterEach(() => stop());

async function start(settings: object, folder?: string): Promise<void> {
  desktop = await startDesktop({ ...(folder === undefined ? { config: settings } : { folder }) });
  stop = desktop.close;
  await desktop.page.getByRole('heading', { level: 1 }).waitFor();
}

const configText = () => readFileSync(path.join(desktop.folder, 'data/bridge/config.json'), 'utf8');
const button = (name: string | RegExp) => desktop.page.getByRole('button', { name, exact: typeof name === 'string' });
const openSettings = () => button('Settings').click();

/** Notes what a field shows from frame to frame; the answer is all of it, each once in a row. */
async function watchValue(label: string): Promise<() => Promise<string[]>> {
  const field = desktop.page.getByLabel(label);
  await field.evaluate((element) => {
    const input = element as HTMLInputElement & { seen: string[] };
    input.seen = [input.value];
    const look = (): void => {
      if (input.value !== input.seen.at(-1)) input.seen.push(input.value);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  return () => field.evaluate((element) => (element as HTMLInputElement & { seen: string[] }).seen);
}

describe('limits', () => {
  beforeEach(async () => {
    await start({ ...config, limits: { tasksAtOnce: 1 } });
    await openSettings();
  });

  test('are saved into the configuration and hold at once', async () => {
    const { page } = desktop;
    const launch = { title: 'Count', instructions: 'Count.', provider: 'command', workspace: 'default' };
    for (const _ of ['one', 'another'])
      await desktop.request('tasks/launch', { ...launch, settings: { program: 'slow' } });
    const states = async () => {
      const { tasks } = (await desktop.request('state/get', null)) as { tasks: { state: string }[] };
      return tasks.map(({ state }) => state).sort();
    };
    await expect.poll(states).toEqual(['queued', 'running']);
    await page.getByLabel('Tasks at once', { exact: true }).fill('2');
    await page.getByLabel('Working time of a task').fill('90,5');
    const shown = await watchValue('Working time of a task');
    await button('Save limits').click();
    await page.getByText(/^Saved\./).waitFor();
    expect(await shown()).toEqual(['90,5', '90.5']);
    await expect.poll(states).toEqual(['running', 'running']);
    expect(JSON.parse(configText())).toEqual({ ...config, limits: { tasksAtOnce: 2, minutesPerTask: 90.5 } });
    await page.getByLabel('Working time of a task').fill('');
    await page.keyboard.press('Enter');
    await expect.poll(() => JSON.parse(configText()).limits).toEqual({ tasksAtOnce: 2 });
  });

  test('that cannot be are said at their field, and nothing is written', async () => {
    const { page } = desktop;
    const before = configText();
    await page.getByLabel('Tasks at once', { exact: true }).fill('0');
    await page.getByLabel('Questions wait for').fill('5');
    await page.getByLabel('Memory of a task').fill('many');
    await button('Save limits').click();
    await page.getByText('This must be a number.').waitFor();
    await page.getByLabel('Memory of a task').fill('');
    await button('Save limits').click();
    await page.getByText('This must be a whole number from 1 to 1,000.').waitFor();
    expect(await page.getByLabel('Tasks at once', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('region', { name: 'Limits' }).evaluate((each) => each.scrollIntoView());
    await look(desktop, 'settings-limits-refused');
    expect(configText()).toBe(before);
    await button('Undo').click();
    expect(await page.getByLabel('Tasks at once', { exact: true }).inputValue()).toBe('1');
    expect(await page.getByText('This must be').count()).toBe(0);
  });
});

test('folders are added and removed, and the last one stays', async () => {
  await start(config);
  const { page } = desktop;
  await openSettings();
  await desktop.chooseFile('/');
  await button('Add a folder').click();
  await page.getByText('The whole disk cannot be a workspace').waitFor();
  const folder = path.join(desktop.folder, 'My tasks');
  mkdirSync(folder);
  await desktop.chooseFile(folder);
  await button('Add a folder').click();
  await button('Remove My tasks').click();
  await look(desktop, 'settings-remove-folder');
  await button('Keep it').click();
  await button('Remove default').click();
  await button('Remove').click();
  await button('Open default').waitFor({ state: 'hidden' });
  expect(Object.keys(JSON.parse(configText()).workspaces)).toEqual(['My tasks']);
  expect(await button(/^Remove/).count()).toBe(0);
});

test('a configuration that was corrected starts the bridge, without a restart', async () => {
  await start({ nonsense: true });
  const { page } = desktop;
  await button('Try again').click();
  await page.getByText(/The bridge did not start/).waitFor();
  writeFileSync(path.join(desktop.folder, 'data/bridge/config.json'), JSON.stringify(config));
  await button('Try again').click();
  await page.getByRole('heading', { name: 'Not paired' }).waitFor();
  await startTask(desktop, 'Command', { program: 'short' });
});

test('the theme is changed at once, and kept over a restart', async () => {
  await start(config);
  // Playwright would have its own.
  const leaveToTheSystem = () => desktop.page.emulateMedia({ colorScheme: null });
  await leaveToTheSystem();
  const isDark = () => desktop.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  await openSettings();
  for (const theme of ['light', 'dark']) {
    await desktop.page.getByLabel('Theme').selectOption(theme);
    await expect.poll(isDark).toBe(theme === 'dark');
  }
  const before = await desktop.page.evaluate(() => getComputedStyle(document.body).color);
  await desktop.end();
  await start(config, desktop.folder);
  await leaveToTheSystem();
  expect(await isDark()).toBe(true);
  expect(await desktop.page.evaluate(() => getComputedStyle(document.body).color)).toBe(before);
  await openSettings();
  expect(await desktop.page.getByLabel('Theme').inputValue()).toBe('dark');
});

describe('a certificate authority of the user', () => {
  const own = makeCertificate('localhost');
  let proxy: TlsProxy | undefined;
  afterEach(() => proxy?.close());

  test('lets it pair and connect through a proxy of the company, and is removed again', async () => {
    const paired = await startPaired({ config }, async (app, link, stack) => {
      desktop = app;
      proxy = await startTlsProxy(own, stack.ready.controlPlane.port);
      const file = path.join(app.folder, 'company.pem');
      writeFileSync(file, own.cert);
      await app.chooseFile(file);
      await openSettings();
      await button('Choose a file').click();
      await app.page.getByText(/^Trusted besides the system’s, until \d+ \w+ \d{4}$/).waitFor();
      await button('Pair this computer').click();
      await app.page.getByLabel('Pairing link').fill(link.replace(/^http:\/\/[^/]+/, proxy.origin));
      await button(/^Pair with localhost/).click();
    });
    stop = paired.stop;
    const { page } = desktop;
    await openSettings();
    await page.getByRole('region', { name: 'Certificate authority' }).evaluate((each) => each.scrollIntoView());
    await look(desktop, 'settings-authority');
    const copy = path.join(desktop.folder, 'data/bridge/authorities.pem');
    expect(JSON.parse(configText()).tls).toEqual({ caFile: copy });

    await button('Remove the certificate authority').click();
    await button('Remove').click();
    await page.getByRole('heading', { name: /^Offline since/ }).waitFor();
    await page.getByText(/not signed by an authority/).waitFor();
    expect([JSON.parse(configText()).tls, existsSync(copy)]).toEqual([{}, false]);

    await button('Choose a file').click();
    await page.getByRole('heading', { name: 'Online' }).waitFor();
  });

  test('is refused if the file holds no certificate, and said so', async () => {
    await start(config);
    const before = configText();
    await openSettings();
    const file = path.join(desktop.folder, 'notes.pem');
    writeFileSync(file, 'hello');
    await desktop.chooseFile(file);
    await button('Choose a file').click();
    await desktop.page.getByText(/This file holds no certificate in PEM form/).waitFor();
    expect(configText()).toBe(before);
  });
});
