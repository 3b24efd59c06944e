import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cachedAgent } from '../support/agent-cache.ts';
import { AGENT_HOMES } from '../support/agent-home.ts';
import { type FakeLlm, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { until } from '../support/until.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

const agent = await cachedAgent('claude');

describe.skipIf('missing' in agent)('the real Claude Code in the tray app', () => {
  let llm: FakeLlm;
  let desktop: Desktop;
  beforeAll(async () => {
    llm = await startFakeLlm();
  });
  afterAll(() => llm.stop());
  beforeEach(async () => {
    desktop = await startDesktop({
      config: { workspaces: {}, providers: { claude: { command: 'program' in agent ? agent.program : '' } } },
      env: llm.claudeEnv,
      homes: AGENT_HOMES,
    });
  });
  afterEach(() => desktop.close());

  /** Resolves when the agent asks whether it may leave a mark. */
  async function askForMark(): Promise<string> {
    const command = 'curl -s http://127.0.0.1:1/ ; touch mark';
    const steps = [
      { text: 'I will leave a mark.', tool: 'Bash', input: { command, description: 'Leave a mark' } },
      { text: 'That was the mark.' },
    ];
    const { taskId } = (await desktop.request('tasks/launch', {
      title: 'Leave a mark',
      instructions: scripted('Do it.', steps),
      provider: 'claude',
      workspace: 'default',
    })) as { taskId: string };
    await desktop.page
      .getByRole('button', { name: /Leave a mark/ })
      .first()
      .click();
    await desktop.page
      .getByText(/^I will leave a mark\.$/)
      .first()
      .waitFor();
    await expect.poll(desktop.icon, { timeout: 15_000 }).toBe('needs-you');
    return path.join(desktop.folder, 'data/workspace/tasks', taskId, 'mark');
  }

  async function answer(decision: 'allow' | 'deny'): Promise<void> {
    const item = await until(`an item to ${decision}`, async () =>
      Object.keys(await desktop.menu()).find((id) => id.startsWith(`${decision}-`)),
    );
    await desktop.press(item);
  }

  test('allowed from the menu of the tray, it does it, and the window shows the log live', async () => {
    const mark = await askForMark();
    expect((await desktop.menu()).approvals).toBe('Waiting for you (1)');
    expect(existsSync(mark)).toBe(false);
    await desktop.screenshot('claude-asks');
    await answer('allow');
    await desktop.page
      .getByText(/^That was the mark\.$/)
      .first()
      .waitFor();
    expect(existsSync(mark)).toBe(true);
    await expect.poll(async () => (await desktop.menu()).approvals).toBeUndefined();
  });

  test('denied from the menu of the tray, it is not done', async () => {
    const mark = await askForMark();
    await answer('deny');
    await expect.poll(async () => (await desktop.menu()).approvals).toBeUndefined();
    await expect.poll(async () => (await desktop.menu()).tasks, { timeout: 20_000 }).toBeUndefined();
    expect(existsSync(mark)).toBe(false);
  });
});
