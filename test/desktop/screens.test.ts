/** Walks through every screen of the window in both themes: a picture of each, and nothing that axe objects to. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { formatPairingLink } from '../../src/sealing/pairing-link.ts';
import { config, startTask } from './support/agents.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';
import { look, resize } from './support/look.ts';
import { startPaired } from './support/paired.ts';

/** As the web app makes them. */
const LINK = formatPairingLink('https://ctrl.example', {
  kind: 'bridge',
  pairingId: 'pairing-1',
  secret: new Uint8Array(32),
});
/** Some folder that is there. */
const HERE = import.meta.dirname;

let desktop: Desktop;
let stop: () => Promise<void>;
afterEach(() => stop());

async function start(settings: object): Promise<void> {
  desktop = await startDesktop({ config: settings });
  stop = desktop.close;
  await desktop.page.getByRole('heading', { level: 1 }).waitFor();
}

const button = (name: string | RegExp) => desktop.page.getByRole('button', { name, exact: typeof name === 'string' });
const heading = (name: string | RegExp) => desktop.page.getByRole('heading', { name });
const log = () => desktop.page.getByRole('region', { name: 'Log' });

describe('every screen', () => {
  test('before it is paired', async () => {
    await start(config);
    const { page } = desktop;
    await page.getByText('Found: Asking agent, Talker').waitFor();
    await look(desktop, 'first-steps');
    await button('Pair').click();
    await look(desktop, 'pair');
    await page.getByLabel('Pairing link').fill('not a link');
    await page.getByRole('alert').waitFor();
    await look(desktop, 'pair-refused');
    await page.getByLabel('Pairing link').fill(LINK);
    await button('Pair with ctrl.example').waitFor();
    await look(desktop, 'pair-asks');
    await button('Not now').click();
    await button('Skip').click();
    await heading('First steps').waitFor({ state: 'hidden' });
    await look(desktop, 'home-empty');
    await button(/agents found$/).click();
    await heading(/^Missing agent/).waitFor();
    await look(desktop, 'agents');
    await page.locator('body').press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await look(desktop, 'help');
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page.getByLabel('What is to be done').waitFor();
    await look(desktop, 'new-task');
    await page.getByLabel('Agent', { exact: true }).selectOption({ label: 'Command' });
    await page.getByLabel('Program').waitFor();
    await look(desktop, 'new-task-program');
  });

  test('settings', async () => {
    await start({ ...config, projects: { site: HERE, free: { path: HERE, approvals: 'allow' } } });
    const { page } = desktop;
    await button('Settings').click();
    await look(desktop, 'settings');
    for (const group of ['Where agents may work', 'Limits', 'Certificate authority']) {
      await page.getByRole('region', { name: group }).evaluate((each) => each.scrollIntoView());
      await look(desktop, `settings-${group.toLowerCase().replaceAll(' ', '-')}`);
    }
    await resize(desktop, 360, 640);
    await page.getByRole('region', { name: 'Limits' }).evaluate((each) => each.scrollIntoView());
    await look(desktop, 'settings-narrow');
  });

  test('tasks of the window itself', async () => {
    await start(config);
    const { page } = desktop;
    await startTask(desktop, 'Talker', { words: 'Write the release notes' });
    await log().getByText('Done', { exact: true }).waitFor();
    await look(desktop, 'task-finished');
    await startTask(desktop, 'Command', { program: 'fails' });
    await log()
      .getByText(/^Failed/)
      .waitFor();
    await look(desktop, 'task-failed');
    await startTask(desktop, 'Command', { program: 'slow' });
    await log()
      .getByText(/^line \d+ /)
      .first()
      .waitFor();
    await look(desktop, 'task-busy');
    await button('Cancel').click();
    await page.getByRole('dialog').waitFor();
    await look(desktop, 'task-cancel');
    await page.keyboard.press('Escape');
    await startTask(desktop, 'Asking agent', { words: 'Touch it' });
    await log().getByRole('button', { name: 'Allow once' }).nth(1).waitFor();
    await look(desktop, 'approval-in-log');
    await button(/^Back/).click();
    await heading('Waiting for you').waitFor();
    await look(desktop, 'approval');
    await resize(desktop, 1280, 800);
    await button(/^Run slow/).click();
    await look(desktop, 'wide');
    await resize(desktop, 360, 640);
    await look(desktop, 'narrow');
    await button(/^Back/).click();
    await look(desktop, 'narrow-home');
  });

  test('paired: idle, busy, paused, offline', async () => {
    const paired = await startPaired({ config });
    ({ desktop, stop } = paired);
    const { page } = desktop;
    await look(desktop, 'first-steps-paired');
    await paired.launch('short').outcome;
    await page.getByText(/^Done · Command/).waitFor();
    await look(desktop, 'home-idle');
    await button('Pause').click();
    await page.getByRole('dialog').waitFor();
    await look(desktop, 'pause');
    await button('For one hour').click();
    await heading(/^Paused until/).waitFor();
    await look(desktop, 'home-paused');
    await button('Resume').click();
    await heading('Online').waitFor();
    await paired.launch('slow').outcome;
    await startTask(desktop, 'Asking agent', { words: 'Touch it' });
    await button(/^Back/).click();
    await heading('Waiting for you').waitFor();
    await look(desktop, 'home-busy');
    await button('Settings').click();
    await button('Unpair').click();
    await page.getByRole('dialog').waitFor();
    await look(desktop, 'unpair');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await paired.cut();
    await heading(/^Offline since/).waitFor();
    await expect.poll(() => page.getByTestId('queue').textContent(), { timeout: 15_000 }).toMatch(/\d\d records/);
    await look(desktop, 'home-offline');
  });

  test('what is wrong with the configuration', async () => {
    await start({ nonsense: true });
    await desktop.page.getByText(/The bridge did not start, so no task can run/).waitFor();
    await look(desktop, 'problem-engine');
  });

  test('what is wrong with the rules, and with a folder', async () => {
    await start({ ...config, projects: { gone: '/nowhere/at/all' } });
    writeFileSync(path.join(desktop.folder, 'data/bridge/policy.json'), '{ not json');
    await desktop.page.getByText(/the rules cannot be read/).waitFor();
    await look(desktop, 'problem-rules');
  });
});
