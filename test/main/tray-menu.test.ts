import { beforeEach, expect, test } from 'vitest';
import { MenuCadence } from '../../src/main/tray/menu-cadence.ts';
import { type TrayActions, trayMenu } from '../../src/main/tray/tray-menu.ts';
import type { DesktopState } from '../../src/protocol/ui/desktop-state.ts';
import type { Connection, TaskSummary } from '../../src/protocol/ui/snapshot.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let paused: (number | null)[];
let cadence: MenuCadence;
beforeEach(() => {
  clock = new VirtualClock();
  paused = [];
  const actions = { pause: (untilMs: number | null) => paused.push(untilMs) } as unknown as TrayActions;
  cadence = new MenuCadence({ make: (state, now) => trayMenu(state, actions, { clock, now }), clock });
});

const online = (): Connection => ({ state: 'online', since: 0, rttMs: 1, lastAnswerAt: clock.now() });

function stateWith(connection: Connection, records = 0, tasks: readonly TaskSummary[] = []): DesktopState {
  return {
    snapshot: {
      connection,
      server: 'https://ctrl.example',
      queue: { records, bytes: records * 100 },
      pendingApprovals: [],
      workspaces: [],
      runningTasks: tasks.length,
    },
    tasks,
    updates: { kind: 'none', version: null },
    settings: { startAtLogin: false },
    isSupervised: false,
    engineProblem: null,
  } as unknown as DesktopState;
}

function task(state: TaskSummary['state']): TaskSummary {
  return { taskId: 't', title: 'Run', state, startedAt: clock.now() } as TaskSummary;
}

const labels = (state: DesktopState) => cadence.next(state)?.map(({ label }) => label);

test('a menu that is open stays while a task prints', async () => {
  const running = [task('running')];
  expect(labels(stateWith(online(), 0, running))).toContain('Online, answered within the last minute');
  for (let second = 1; second < 50; second++) {
    await clock.advance(1_000);
    expect(cadence.next(stateWith(online(), second * 7, running))).toBeUndefined();
  }
});

test('a queue that grows is told every ten seconds, and a change of anything else at once', async () => {
  const offline: Connection = { state: 'offline', since: clock.now(), problem: 'No.', nextAttemptAt: 0 };
  expect(labels(stateWith(offline, 10))).toContain('10 records, 1.0 KB waiting');
  await clock.advance(9_000);
  expect(cadence.next(stateWith(offline, 20))).toBeUndefined();
  await clock.advance(1_000);
  expect(labels(stateWith(offline, 30))).toContain('30 records, 3.0 KB waiting');
  expect(labels(stateWith(offline, 31, [task('running')]))).toContain('Running tasks (1)');
  expect(labels(stateWith(offline, 31, [task('queued'), task('queued')]))).toContain('Waiting tasks (2)');
  expect(labels(stateWith(offline, 31, [task('waiting'), task('queued'), task('preparing')]))).toContain(
    'Running tasks (2), waiting (1)',
  );
  expect(labels(stateWith(online(), 31))).not.toContain('31 records, 3.1 KB waiting');
});

test('an hour begins when it is asked for, however old the menu is', async () => {
  const menu = cadence.next(stateWith(online()));
  await clock.advance(40 * 60_000);
  const pause = menu?.find(({ id }) => id === 'pause')?.submenu as Electron.MenuItemConstructorOptions[];
  pause.find(({ id }) => id === 'pause-hour')?.click?.(undefined as never, undefined, undefined as never);
  expect(paused).toEqual([clock.now() + 3_600_000]);
});
