/** How smoothly the window draws while a task prints, with its live log open and followed. */
import type { Page } from 'playwright-core';
import { percentile } from '../bench/statistics.ts';

export interface LogFrames {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly worstMs: number;
  /** Lines that came into the log each second, by their own numbers. */
  readonly linesPerSecond: number;
  /** How long ago the newest line that is shown had been printed. */
  readonly delayMs: number;
}

const MEASURED_MS = 12_000;
/** Before it: just-in-time compilation, and the log's beginning. */
const WARM_UP_LINES = 10_000;
const DEADLINE_MS = 60_000;

interface ShownLine {
  readonly number: number;
  readonly writtenAtNs: bigint;
}

/** The task is open in the page, and its program is `scripts/bench/print-lines.mjs`. */
export async function measureLogFrames(page: Page): Promise<LogFrames> {
  await page.waitForFunction(
    (wanted) =>
      Number.parseInt([...document.querySelectorAll('.terminal > div')].at(-2)?.textContent ?? '', 10) > wanted,
    WARM_UP_LINES,
    { timeout: DEADLINE_MS, polling: 250 },
  );
  const before = await newestLine(page);
  const startedAt = performance.now();
  const frames = await frameTimes(page);
  const after = await newestLine(page);
  const delayMs = Number(process.hrtime.bigint() - after.writtenAtNs) / 1e6;
  const seconds = (performance.now() - startedAt) / 1_000;
  const isFollowed = await page.getByRole('button', { name: 'Following the newest output' }).isVisible();
  if (!isFollowed) throw new Error('The log was not followed to the end of the measurement.');
  return {
    p50Ms: percentile(frames, 0.5),
    p95Ms: percentile(frames, 0.95),
    worstMs: Math.max(...frames),
    linesPerSecond: (after.number - before.number) / seconds,
    delayMs,
  };
}

/** The last line may still be growing, so it is the one before it. */
async function newestLine(page: Page): Promise<ShownLine> {
  const text = await page.evaluate(() => [...document.querySelectorAll('.terminal > div')].at(-2)?.textContent ?? '');
  const found = /^(\d+) (\d+) /.exec(text);
  if (!found) throw new Error(`The log does not show a line of the program, but "${text.slice(0, 60)}"`);
  return { number: Number(found[1]), writtenAtNs: BigInt(found[2] ?? 0) };
}

function frameTimes(page: Page): Promise<number[]> {
  return page.evaluate(
    (measuredMs) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        requestAnimationFrame((startedAt) => {
          let before = startedAt;
          const frame = (now: number): void => {
            times.push(now - before);
            before = now;
            if (now - startedAt < measuredMs) requestAnimationFrame(frame);
            else resolve(times);
          };
          requestAnimationFrame(frame);
        });
      }),
    MEASURED_MS,
  );
}
