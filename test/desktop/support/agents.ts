import { fixture } from '../../support/fixture-programs.ts';
import type { Desktop } from './desktop.ts';

const scripted = (scenario: string) => fixture('scripted-acp.mjs', [scenario]);

/** Two agents that are there, one that is not, and programs. */
export const config = {
  workspaces: {},
  providers: {
    acp: {
      agents: {
        asks: { ...scripted('ask'), name: 'Asking agent' },
        talks: { ...scripted('resumes'), name: 'Talker' },
        missing: { command: 'agent-that-is-not-there', args: [], name: 'Missing agent' },
      },
    },
    command: {
      programs: {
        fails: { command: process.execPath, args: ['-e', 'console.error("fatal: nothing works"); process.exit(3)'] },
        slow: fixture('slow-lines.mjs', ['4000', '20']),
        short: fixture('slow-lines.mjs', ['30', '10']),
      },
    },
  },
};

/** Starts a task in the window itself, as a person does, and resolves when its log is shown. */
export async function startTask(
  { page }: Desktop,
  agentName: string,
  more: { words?: string; program?: string } = {},
): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  // Out of a field, where a key is a letter.
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.getByLabel('Agent', { exact: true }).selectOption({ label: agentName });
  if (more.words) await page.getByLabel('What is to be done').fill(more.words);
  if (more.program) await page.getByLabel('Program').selectOption(more.program);
  await page.getByRole('button', { name: 'Start task' }).click();
  await page.getByRole('region', { name: 'Log' }).waitFor();
}
