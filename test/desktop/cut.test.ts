import { afterEach, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { until } from '../support/until.ts';
import { type Paired, startPaired } from './support/paired.ts';

const LINES = 400;
const programs = { slow: fixture('slow-lines.mjs', [String(LINES), '20']) };

let paired: Paired;
afterEach(() => paired.stop());

test('without its control plane the queue grows, in tray and window; afterwards it drains, and no line is lost', async () => {
  paired = await startPaired({ config: { workspaces: {}, providers: { command: { programs } } } });
  const { desktop, bridgeId } = paired;
  const launched = paired.launch('slow');
  await launched.outcome;
  await expect.poll(desktop.icon).toBe('working');
  await paired.cut();
  await expect.poll(desktop.icon, { timeout: 15_000 }).toBe('offline');
  await expect.poll(async () => (await desktop.menu()).queue).toMatch(/^\d+ records, .* waiting$/);
  const waiting = async (): Promise<number> => Number.parseInt((await desktop.menu()).queue ?? '0', 10);
  const before = await waiting();
  await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(before);
  expect(await desktop.text()).toMatch(/\d+ records/);
  await desktop.screenshot('offline');
  const client = await paired.restore();
  await expect.poll(async () => (await desktop.menu()).queue, { timeout: 30_000 }).toBeUndefined();
  await expect.poll(async () => (await desktop.menu()).tasks, { timeout: 30_000 }).toBeUndefined();
  const log = client.openTask(launched.taskId, bridgeId);
  await until('every line at the other device', () => numbers(log.entries).length >= LINES, 20_000);
  expect(numbers(log.entries)).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
});

function numbers(entries: readonly unknown[]): number[] {
  return [...JSON.stringify(entries).matchAll(/line (\d+) /g)].map(([, number]) => Number(number));
}
