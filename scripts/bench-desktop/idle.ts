/** What the app uses while nothing happens: paired, online, its window opened once and closed again. */
import { startAlone } from '../../test/desktop/support/desktop.ts';
import { until } from '../../test/support/until.ts';
import { cpuSecondsOf, familyOf, type Memory, memoryOf, memoryOfFamily } from './processes.ts';
import { openAndCloseWindow, startWindowManager } from './window-by-hand.ts';

export interface Idle {
  readonly cpuPercent: number;
  /** Of the main process: as started at login, and after the window. */
  readonly unopened: Memory;
  readonly main: Memory;
  readonly all: Memory;
  readonly processes: number;
}

const MEASURED_MS = 40_000;

export interface IdleOptions {
  /** Of a paired app that has ended. */
  readonly folder: string;
  /** Resolves when the app is online and has looked for agents: nothing of its start is left to do. */
  settled(): Promise<unknown>;
}

export async function measureIdle({ folder, settled }: IdleOptions): Promise<Idle> {
  const app = startAlone(folder, '--hidden');
  const manager = startWindowManager();
  const gone = new Promise((resolve) => app.once('exit', resolve));
  const { pid } = app;
  if (pid === undefined) throw new Error('The app could not be started.');
  try {
    await settled();
    const unopened = memoryOf(pid);
    const before = familyOf(pid).length;
    await openAndCloseWindow(folder);
    await until('the page of the window is gone', () => familyOf(pid).length <= before);
    const cpuPercent = await cpuPercentOf(pid);
    return { cpuPercent, unopened, main: memoryOf(pid), all: memoryOfFamily(pid), processes: familyOf(pid).length };
  } finally {
    manager.kill('SIGTERM');
    app.kill('SIGTERM');
    await gone;
  }
}

/** Of one core. */
async function cpuPercentOf(pid: number): Promise<number> {
  const startedAt = performance.now();
  const before = cpuSecondsOf(pid);
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
  const used = cpuSecondsOf(pid) - before;
  return (used / ((performance.now() - startedAt) / 1_000)) * 100;
}
