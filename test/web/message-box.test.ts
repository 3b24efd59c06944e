import type { Browser, Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeBridge } from './support/fake-bridge.ts';
import { createTestIdentity, type FakeControlPlane } from './support/fake-control-plane.ts';
import { openWebPages } from './support/web-page.ts';

const identity = createTestIdentity();
const pages = openWebPages(identity);
let studio: FakeBridge;
let server: FakeControlPlane;
let page: Page;

beforeEach(async () => {
  server = pages.server;
  studio = new FakeBridge(identity, 'studio');
  server.addBridge('studio');
  server.addTask({ taskId: 't', bridgeId: 'studio', label: studio.label('t', 'Talk', 'shop'), state: 'succeeded' });
  push({ type: 'task_state', taskId: 't', state: 'running' }, { type: 'task_state', taskId: 't', state: 'succeeded' });
  await open({ viewport: { width: 1280, height: 800 } });
});

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  page = await pages.open(options);
  await page.goto(`${server.origin}/tasks/t`);
  await log().getByText('Done').waitFor();
}

const push = (...records: Parameters<FakeBridge['segment']>[1][number][]): void =>
  server.push('studio', studio.segment('task:t', records));
const field = () => page.getByRole('textbox', { name: 'Message to Claude Code' });
const log = () => page.getByRole('region', { name: 'Log' });
const sentTo = async (count: number): Promise<string> => {
  await server.until(() => server.commands.length === count);
  return server.commands.at(-1)?.commandId ?? '';
};
const texts = () => server.commands.map((envelope) => (studio.open(envelope) as { text: string }).text);

describe('a message', () => {
  test('is sent with Enter from the keyboard alone, and stands in the log once', async () => {
    await page.keyboard.press('m');
    await page.keyboard.type('Two');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('lines');
    await page.keyboard.press('Enter');
    const messageId = await sentTo(1);
    expect(texts()).toEqual(['Two\nlines']);
    await log().getByText('On its way to studio').waitFor();
    expect(await field().inputValue()).toBe('');
    push({ type: 'user_message_chunk', content: { type: 'text', text: 'Two\nlines' }, messageId });
    await log().getByText('On its way to studio').waitFor({ state: 'detached' });
    expect(await log().getByText('lines').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(page.url()).toBe(`${server.origin}/tasks/t`);
    expect(await field().evaluate((element) => element === document.activeElement)).toBe(false);
  });

  test('that is refused comes back in front of what was written since, with the reason', async () => {
    server.onCommand = () => {};
    await field().fill('First');
    await field().press('Enter');
    const commandId = await sentTo(1);
    await field().fill('Second');
    server.broadcast({ type: 'command_refused', commandId, code: 'queue_full', message: 'Too much waits there.' });
    await page.getByRole('alert').getByText('Not sent. Too much waits there.').waitFor();
    expect(await field().inputValue()).toBe('First\n\nSecond');
    expect(await log().getByText('First').count()).toBe(0);
    await field().fill('Second');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('for a machine that is offline says until when it waits, and is kept over a reload', async () => {
    server.addBridge('studio', { isOnline: false });
    await page.getByText('studio is offline. A message waits for it for up to a day.').waitFor();
    await field().fill('Later');
    await page.getByRole('button', { name: 'Send' }).click();
    await log()
      .getByText(/Waits for studio, which is offline, until tomorrow/)
      .waitFor();
    await field().fill('A draft');
    await page.reload();
    await log()
      .getByText(/Waits for studio, which is offline, until tomorrow/)
      .waitFor();
    expect(await field().inputValue()).toBe('A draft');
    push({ type: 'user_message_chunk', content: { type: 'text', text: 'Later' }, messageId: await sentTo(1) });
    await log()
      .getByText(/Waits for studio/)
      .waitFor({ state: 'detached' });
  });

  test('that its machine has taken says so, until it is in the log', async () => {
    await field().fill('Soon');
    await field().press('Enter');
    const messageId = await sentTo(1);
    await log().getByText('On its way to studio').waitFor();
    server.push('studio', studio.segment('bridge', [{ type: 'command_done', commandId: messageId }]));
    server.broadcast({ type: 'command_outcome', commandId: messageId, outcome: 'done', code: null });
    await log().getByText('studio has it').waitFor();
    await page.reload();
    await log().getByText('studio has it').waitFor();
    push({ type: 'user_message_chunk', content: { type: 'text', text: 'Soon' }, messageId });
    await log().getByText('studio has it').waitFor({ state: 'detached' });
  });

  test('that no server had when the page was closed comes back', async () => {
    server.onCommand = () => {};
    await field().fill('Lost');
    await field().press('Enter');
    await sentTo(1);
    await page.reload();
    await page.getByText(/The page was closed while this was on its way/).waitFor();
    expect(await field().inputValue()).toBe('Lost');
  });

  test('that is too long is not sent', async () => {
    await field().fill('x'.repeat(66_000));
    await page.getByText('The message is 66 KB; at most 64 KiB are possible. Shorten it.').waitFor();
    await field().press('Enter');
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    expect(server.commands).toEqual([]);
  });
});

describe('the box', () => {
  test('offers to continue what did not end well', async () => {
    push({ type: 'task_state', taskId: 't', state: 'interrupted' });
    await page.getByRole('button', { name: 'Continue' }).click();
    await sentTo(1);
    expect(texts()).toEqual(['Go on with the task.']);
  });

  test('is not there for what takes no messages', async () => {
    for (const [taskId, view] of [
      ['program', { provider: 'command' }],
      ['expired', { state: 'expired' }],
    ] as const)
      server.addTask({ taskId, bridgeId: 'studio', label: studio.label(taskId, `The ${taskId}`, 'shop'), ...view });
    for (const taskId of ['program', 'expired']) {
      await page.goto(`${server.origin}/tasks/${taskId}`);
      await page.getByRole('heading', { name: `The ${taskId}` }).waitFor();
      expect(await page.getByRole('textbox', { name: /^Message to/ }).count()).toBe(0);
    }
  });

  test('stays at the bottom of a phone, grows with its text, and Enter is a new line', async () => {
    await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    const before = (await field().boundingBox())?.height ?? Number.NaN;
    await field().fill('One');
    await field().press('Enter');
    await field().pressSequentially('Two');
    expect(await field().inputValue()).toBe('One\nTwo');
    expect((await field().boundingBox())?.height).toBeGreaterThan(before);
    // The keyboard takes its part of the screen.
    await page.setViewportSize({ width: 360, height: 400 });
    const box = await page.getByRole('button', { name: 'Send' }).boundingBox();
    expect((box?.y ?? Number.NaN) + (box?.height ?? 0)).toBeLessThan(400);
    await page.getByRole('button', { name: 'Send' }).click();
    await sentTo(1);
    expect(texts()).toEqual(['One\nTwo']);
  });
});
