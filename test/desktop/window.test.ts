import { afterEach, describe, expect, test } from 'vitest';
import { config as agents, startTask } from './support/agents.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';
import { look } from './support/look.ts';

let desktop: Desktop;
afterEach(() => desktop.close());

const LINES = `for (let n = 1; n <= 100000; n++) console.log(n === 50000 ? 'Error: line 50000 broke' : '\\x1b[3' + (n % 8) + 'mline ' + n + '\\x1b[0m of a long run')`;
const programs = {
  ...agents.providers.command.programs,
  many: { command: process.execPath, args: ['-e', LINES] },
};
const config = { ...agents, providers: { ...agents.providers, command: { programs } } };

const log = () => desktop.page.getByRole('region', { name: 'Log' });
/** Of the text itself, of what was searched for, and of the place that is shown now. */
const coloursOfMarks = () =>
  log().evaluate((element) =>
    ['', '::highlight(found)', '::highlight(found-now)'].map((part) => getComputedStyle(element, part).backgroundColor),
  );
const clipboard = () => desktop.app.evaluate(({ clipboard: system }) => system.readText());

describe('the window', () => {
  test('searches 100,000 lines, jumps to the failure, copies, follows, and scrolls them smoothly', async () => {
    desktop = await startDesktop({ config });
    const { page } = desktop;
    await startTask(desktop, 'Command', { program: 'many' });
    await log().getByText('line 100000').waitFor();
    await log().getByText('Done', { exact: true }).waitFor();
    const frames = await scrollFrames();
    console.log(`100,000 lines: ${JSON.stringify(frames)}`);
    expect(frames.p95Ms).toBeLessThanOrEqual(34);

    await page.locator('body').press('/');
    await page.keyboard.type('line 77777');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await expect.poll(() => isInSight('line 77777'), { timeout: 10_000 }).toBe(true);
    expect(await page.evaluate(() => CSS.highlights.get('found-now')?.size)).toBe(1);
    expect(new Set(await coloursOfMarks()).size).toBe(3);
    await look(desktop, 'log-search');
    await page.keyboard.press('Escape');

    await page.keyboard.press('e');
    await page.getByText('Failure 1 of 1', { exact: true }).waitFor();
    await expect.poll(() => isInSight('Error: line 50000 broke'), { timeout: 10_000 }).toBe(true);
    await page.keyboard.press('.');
    await expect.poll(() => isInSight('line 100000'), { timeout: 10_000 }).toBe(true);
    await page.getByRole('button', { name: 'Copy the whole log' }).click();
    await expect.poll(clipboard).toMatch(/line 1 of a long run\n[\s\S]*Error: line 50000 broke\n[\s\S]*line 100000/);
    expect(await clipboard()).not.toContain('\u001b');
  });

  test('answers a question in the log by a key that asks once, and keeps what was decided', async () => {
    desktop = await startDesktop({ config });
    const { page } = desktop;
    await startTask(desktop, 'Asking agent', { words: 'Touch it' });
    await log().getByRole('button', { name: 'Allow once' }).nth(1).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Waiting for you' }).waitFor();
    for (const left of [1, 0]) {
      await page.keyboard.press('a');
      await page.getByRole('button', { name: 'Press a again' }).waitFor();
      await page.keyboard.press('a');
      await expect.poll(() => page.getByRole('button', { name: 'Allow once' }).count()).toBe(left);
    }
    await page.getByRole('heading', { name: 'Waiting for you' }).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /Touch it/ }).click();
    await log()
      .getByText(/Allowed at the machine/)
      .nth(1)
      .waitFor();
    await look(desktop, 'approval-settled');
  });

  test('says more to an agent, cancels a task after asking, and shows a failure', async () => {
    desktop = await startDesktop({ config });
    const { page } = desktop;
    await startTask(desktop, 'Talker', { words: 'Begin' });
    await log().getByText('Done', { exact: true }).waitFor();
    await page.locator('body').press('m');
    await page.keyboard.type('Remember me.');
    await page.keyboard.press('Enter');
    await log().getByText('told all').waitFor();
    await look(desktop, 'conversation');

    await startTask(desktop, 'Command', { program: 'fails' });
    await log()
      .getByText(/^Failed/)
      .waitFor();
    await page.locator('body').press('e');
    await page.getByText(/Failure 1 of/).waitFor();

    await startTask(desktop, 'Command', { program: 'slow' });
    await log()
      .getByText(/^line \d+ /)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await log().getByText('Cancelled', { exact: true }).waitFor();
  });
});

/** Whether a text is rendered within the part of the log that is seen. */
function isInSight(text: string): Promise<boolean> {
  return log().evaluate((scroller, wanted) => {
    const box = scroller.getBoundingClientRect();
    const lines = [...scroller.querySelectorAll('.terminal > div')];
    const line = lines.find((each) => each.textContent?.includes(wanted))?.getBoundingClientRect();
    return line !== undefined && line.top >= box.top - 1 && line.bottom <= box.bottom + 1;
  }, text);
}

/** Scrolls from the end to the beginning, fast and slow in turn: how long each frame took. */
function scrollFrames(): Promise<{ p50Ms: number; p95Ms: number; worstMs: number }> {
  return log().evaluate(async (scroller) => {
    const times: number[] = [];
    const stepPx = scroller.scrollHeight / 240;
    let before = 0;
    await new Promise<void>((resolve) => {
      const frame = (now: number): void => {
        if (before > 0) times.push(now - before);
        before = now;
        scroller.scrollTop -= times.length % 2 === 0 ? stepPx : 60;
        if (times.length < 240) requestAnimationFrame(frame);
        else resolve();
      };
      requestAnimationFrame(frame);
    });
    const sorted = times.sort((a, b) => a - b);
    const at = (part: number): number => Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 10) / 10;
    return { p50Ms: at(0.5), p95Ms: at(0.95), worstMs: at(0.999) };
  });
}
