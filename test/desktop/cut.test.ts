import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { until } from '../support/until.ts';
import { type Paired, startPaired } from './support/paired.ts';

/** For as long as the tray's menu may take to tell of them, which it does every ten seconds. */
const LINES = 1_000;
const programs = { slow: fixture('slow-lines.mjs', [String(LINES), '20']) };
/** So much later the next attempt must be that it cannot be mistaken for a press. */
const LATER_MS = 3_000;

let paired: Paired;
afterEach(() => paired.stop());

test('without its control plane the queue grows, in tray and window; afterwards it drains, and no line is lost', async () => {
  paired = await startPaired({ config: { workspaces: {}, providers: { command: { programs } } } });
  const { desktop, bridgeId } = paired;
  const { page } = desktop;
  const launched = paired.launch('slow');
  await launched.outcome;
  await expect.poll(desktop.icon).toBe('working');
  await paired.cut();
  await expect.poll(desktop.icon, { timeout: 15_000 }).toBe('offline');
  await expect.poll(async () => (await desktop.menu()).queue).toMatch(/^\d+ records, .* waiting$/);
  const waiting = async (): Promise<number> =>
    Number.parseInt(((await desktop.menu()).queue ?? '0').replaceAll(',', ''), 10);
  const shown = async (): Promise<number> =>
    Number.parseInt((await page.getByTestId('queue').textContent())?.replaceAll(',', '') ?? '', 10);
  const before = await waiting();
  const shownBefore = await shown();
  await expect.poll(shown, { timeout: 10_000 }).toBeGreaterThan(shownBefore);
  await expect.poll(waiting, { timeout: 15_000 }).toBeGreaterThan(before);
  await page.getByText(/kept on this disk until the link is back$/).waitFor();
  const client = await paired.restore();
  await expect.poll(async () => (await desktop.menu()).queue, { timeout: 30_000 }).toBeUndefined();
  await expect.poll(async () => (await desktop.menu()).tasks, { timeout: 30_000 }).toBeUndefined();
  await expect.poll(() => page.getByTestId('queue').textContent()).toBe('Nothing');
  await page.getByText(/^Caught up .* offline, [\d,]+ records$/).waitFor();
  const log = client.openTask(launched.taskId, bridgeId);
  await until('every line at the other device', () => numbers(log.entries).length >= LINES, 20_000);
  expect(numbers(log.entries)).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
});

test('offline it says since when, why not, and when it tries again; a press tries at once', async () => {
  paired = await startPaired({ config: { workspaces: {}, providers: { command: { programs } } } });
  const { desktop } = paired;
  const { page } = desktop;
  const snapshot = async () => {
    const state = (await desktop.request('state/get', null)) as {
      snapshot: { server: string; connection: { state: string; nextAttemptAt: number } };
    };
    return state.snapshot;
  };
  const { server } = await snapshot();
  await paired.cut();
  await page.getByRole('heading', { name: /^Offline since \d\d:\d\d$/ }).waitFor();
  await page
    .getByText(
      /Nothing answers at 127\.0\.0\.1:\d+\. Is the control plane running\? .*(Next attempt in \d+ s|Trying now)/,
    )
    .waitFor();
  const next = await until(
    'a long wait for the next attempt',
    async () => {
      const { state, nextAttemptAt } = (await snapshot()).connection;
      return state === 'offline' && nextAttemptAt - Date.now() > LATER_MS ? nextAttemptAt : undefined;
    },
    60_000,
  );
  const dialled = heardAt(Number(new URL(server).port));
  await page.getByRole('button', { name: 'Retry now' }).click();
  expect(next - (await dialled)).toBeGreaterThan(LATER_MS / 2);
});

/** When somebody connects to the port, where nothing was until now. */
function heardAt(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer((socket) => {
      socket.destroy();
      listener.close();
      resolve(Date.now());
    });
    listener.on('error', reject).listen(port, '127.0.0.1');
  });
}

function numbers(entries: readonly unknown[]): number[] {
  return [...JSON.stringify(entries).matchAll(/line (\d+) /g)].map(([, number]) => Number(number));
}
