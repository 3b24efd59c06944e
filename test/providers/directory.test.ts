import pino from 'pino';
import { expect, test } from 'vitest';
import { ok } from '../../src/base/result.ts';
import { ProviderDiscovery } from '../../src/bridge/providers/directory.ts';
import type { Provider } from '../../src/bridge/providers/provider.ts';
import type { ProviderStatus } from '../../src/protocol/records/bridge-records.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';

function provider(id: string, discover: Provider['discover']): Provider {
  return {
    hasSessions: false,
    id,
    name: id.toUpperCase(),
    discover,
    validateSettings: () => ok(undefined),
    start: () => Promise.reject(new Error('not here')),
    createReader: () => {
      throw new Error('not here');
    },
  };
}

function setUp(...providers: Provider[]) {
  const clock = new VirtualClock();
  const directory = new ProviderDiscovery({ providers, clock, logger: pino({ level: 'silent' }) });
  const changes: (readonly ProviderStatus[])[] = [];
  directory.onDidChange((statuses) => changes.push(statuses));
  return { clock, directory, changes };
}

test('it looks at once and every ten minutes, and announces only what changed', async () => {
  let version = '1';
  let asked = 0;
  const { clock, directory, changes } = setUp(
    provider('a', async () => {
      asked++;
      return { id: 'a', name: 'A', isInstalled: true, version };
    }),
  );
  directory.start();
  await clock.advance(1_000);
  await clock.advance(10 * 60_000);
  version = '2';
  await clock.advance(10 * 60_000);
  expect(asked).toBe(3);
  expect(changes.map((statuses) => statuses[0]?.version)).toEqual(['1', '2']);
  directory.dispose();
  await clock.advance(60 * 60_000);
  expect([asked, clock.pendingTimers]).toEqual([3, 0]);
});

test('one that hangs or throws is a status with a problem, and does not keep the others back for ever', async () => {
  const { clock, directory } = setUp(
    provider('hung', () => new Promise(() => undefined)),
    provider('broken', () => Promise.reject(new Error('boom'))),
    provider('fine', async () => ({ id: 'fine', name: 'FINE', isInstalled: true })),
  );
  const refreshed = directory.refresh();
  expect(directory.refresh()).toBe(refreshed);
  await settle();
  await clock.advance(31_000);
  await refreshed;
  const advice = 'Start it once in a terminal to see whether it works, then look for agents again.';
  expect(directory.statuses).toEqual([
    { id: 'hung', name: 'HUNG', isInstalled: false, problem: `HUNG did not answer in time. ${advice}` },
    { id: 'broken', name: 'BROKEN', isInstalled: false, problem: `BROKEN could not be looked for: boom. ${advice}` },
    { id: 'fine', name: 'FINE', isInstalled: true },
  ]);
});
