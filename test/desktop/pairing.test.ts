import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { config } from './support/agents.ts';
import type { Desktop } from './support/desktop.ts';
import { type PairBy, type Paired, startPaired } from './support/paired.ts';

interface Question {
  readonly approvalId: string;
  readonly taskId: string;
  readonly sha256: string;
}

let paired: Paired;
let desktop: Desktop;
afterEach(() => paired.stop());

const button = (name: string | RegExp) => desktop.page.getByRole('button', { name, exact: typeof name === 'string' });
const heading = (name: string | RegExp) => desktop.page.getByRole('heading', { name });
const step = () => desktop.page.locator('[aria-current=step] h3').textContent();

const fromFirstSteps: PairBy = async (app, link) => {
  desktop = app;
  await heading('First steps').waitFor();
  expect(await step()).toBe('Pair this computer');
  await button('Pair').click();
  await app.page.getByLabel('Pairing link').fill(link);
  await button(/^Pair with 127/).click();
};

test('a newcomer comes from the first steps to a first task: pair, folder, agent, task', async () => {
  paired = await startPaired({ config }, fromFirstSteps);
  const { page } = desktop;
  const folder = path.join(desktop.folder, 'My tasks');
  mkdirSync(folder);
  await page.getByText(/^Paired with 127/).waitFor();
  await page.getByText('Found: Asking agent, Talker').waitFor();
  expect(await step()).toBe('Run a first task');
  await desktop.chooseFile(folder);
  await button('Choose another folder').click();
  await page.getByText(`Each task gets a folder of its own in ${folder}`).waitFor();
  await button('New task').click();
  expect(await page.getByLabel('Where').inputValue()).toBe('workspace My tasks');
  await page.keyboard.type('Say hello');
  await page.getByLabel('Agent', { exact: true }).selectOption({ label: 'Talker' });
  await button('Start task').click();
  await page.getByRole('region', { name: 'Log' }).getByText('Done', { exact: true }).waitFor();
  expect(existsSync(path.join(folder, 'tasks'))).toBe(true);
  const { tasks } = await paired.client.when(({ tasks: all }) => all.some((task) => task.endedAt !== null), 15_000);
  expect(tasks).toMatchObject([{ title: 'Say hello', workspace: 'My tasks', state: 'succeeded' }]);
  await button(/^Back/).click();
  await button(/^Say hello/).waitFor();
  expect(await heading('First steps').count()).toBe(0);
});

test('unpairing asks first, leads back to pairing, and the other devices see the machine go', async () => {
  paired = await startPaired({ config });
  ({ desktop } = paired);
  await button('Settings').click();
  await button('Unpair').click();
  await button('Stay paired').click();
  await heading('Online').waitFor();
  expect(paired.seen()?.isOnline).toBe(true);
  await button('Unpair').click();
  await desktop.page.getByRole('dialog').getByRole('button', { name: 'Unpair' }).click();
  await heading('Not paired').waitFor();
  await desktop.page.getByText('Not paired with any.').waitFor();
  await expect.poll(() => paired.seen()?.isOnline, { timeout: 15_000 }).toBe(false);
  await expect.poll(desktop.menu).toMatchObject({ status: 'Not paired', pair: 'Pair this computer…' });
  const { link } = await paired.client.invite('bridge');
  await button('Pair this computer').click();
  await desktop.page.getByLabel('Pairing link').fill(link);
  await button(/^Pair with 127/).click();
  await heading('Online').waitFor();
});

test('a task that was started here is on the other devices, which answer its questions and read its log', async () => {
  paired = await startPaired({ config });
  ({ desktop } = paired);
  const { client, bridgeId } = paired;
  const launch = { title: 'Touch it', instructions: 'Touch it.', provider: 'asks', workspace: 'default' };
  const { taskId } = (await desktop.request('tasks/launch', launch)) as { taskId: string };
  const state = await client.when(({ approvals }) => approvals.length === 2, 15_000);
  expect(state.tasks).toMatchObject([{ taskId, bridgeId, title: 'Touch it', workspace: 'default', provider: 'asks' }]);
  const asked = ((await desktop.request('state/get', null)) as { snapshot: { pendingApprovals: Question[] } }).snapshot;
  for (const question of asked.pendingApprovals) await client.answerApproval(question, 'deny').outcome;
  await client.when(({ tasks, approvals }) => approvals.length === 0 && tasks[0]?.endedAt !== null, 15_000);
  const log = client.openTask(taskId, bridgeId);
  await expect.poll(() => log.isCaughtUp, { timeout: 15_000 }).toBe(true);
  expect(log.entries.filter((entry) => entry.kind === 'problem')).toEqual([]);
  expect(log.entries.map((entry) => entry.kind === 'record' && entry.record.type)).toContain('approval_resolved');
  log.dispose();
});

test('a question that another device answered says by which one', async () => {
  paired = await startPaired({ config });
  ({ desktop } = paired);
  const { client, bridgeId } = paired;
  const task = { title: 'Touch it', instructions: 'Touch it.', provider: 'asks', workspace: 'default' };
  await client.launchTask({ ...task, bridgeId }).outcome;
  const asked = async () => {
    const state = (await desktop.request('state/get', null)) as {
      snapshot: { pendingApprovals: Question[] };
    };
    return state.snapshot.pendingApprovals;
  };
  await expect.poll(async () => (await asked()).length, { timeout: 15_000 }).toBe(2);
  await button(/^Touch it/)
    .last()
    .click();
  const [question] = await asked();
  if (!question) throw new Error('No question');
  await client.answerApproval(question, 'deny').outcome;
  const me = client.state.roster?.devices.find(({ kind }) => kind === 'browser')?.name;
  await desktop.page.getByText(new RegExp(`Denied by ${me}`)).waitFor();
});
