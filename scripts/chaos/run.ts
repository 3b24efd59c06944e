/** One run: starts the world, breaks it as planned while it works, lets it heal, and judges. */
import { existsSync } from 'node:fs';
import { LocalClient } from '../../src/cli/local-client.ts';
import { until } from '../../test/support/until.ts';
import type { CleanUp } from '../orphans/clean-up.ts';
import { processesOfTasks } from '../orphans/process-table.ts';
import { readAudit, refusedLaunches } from './audit.ts';
import type { SentByBrowser } from './browser.ts';
import { perform } from './faults.ts';
import { createRandom } from './random.ts';
import { type Fault, type FaultKind, planFaults } from './schedule.ts';
import { judge, type Verdict } from './verdict.ts';
import { Workload } from './workload.ts';
import { createWorld, type World } from './world.ts';

/** Longer than any wait of the product's own: a dead link is noticed after 45 s and dialled again after 30 s. */
const HEAL_MS = 120_000;
const ORPHANS_MS = 5_000;
/** With more of them, most would hit what is down already. */
const AT_ONCE = 3;
const STORM = 5;
const STORM_TASKS = 2;
const BREATH_MS = 4_000;

export interface RunOptions {
  readonly seed: number;
  readonly faults: number;
  readonly say: (text: string) => void;
  readonly cleanUp: CleanUp;
}

export interface RunResult extends Verdict {
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly skipped: Partial<Record<FaultKind, number>>;
  readonly tasks: number;
  readonly commands: number;
  readonly orphans: number;
  readonly stuck: number;
}

export async function runChaos({ seed, faults, say, cleanUp }: RunOptions): Promise<RunResult> {
  const plan = planFaults(seed, faults);
  const world = await createWorld((undo) => cleanUp.add(undo));
  const workload = new Workload(world.browser, createRandom(seed ^ 0x5eed));
  cleanUp.add(() => workload.dispose());
  workload.start();
  const done = await breakAll(world, plan, say);
  const last = workload.close();
  say('no more faults');
  await Promise.all([world.retry(), world.browser.wake()]);
  const stuck = await heal(world, last);
  say('all has ended');
  const orphans = await leftProcesses(world);
  const verdict = judge(world);
  const problems = [...stuck, ...orphans, ...verdict.problems];
  if (problems.length > 0) await describe(world, say);
  for (const problem of [...problems, ...world.programs.bridge.ends, ...world.programs.server.ends]) say(problem);
  return {
    ...done,
    ...verdict,
    tasks: world.browser.tasks.size,
    commands: world.browser.commands.length,
    orphans: orphans.length,
    stuck: stuck.length,
    problems,
  };
}

/** Faults alone would leave nothing to lose: between storms some work is done, with a click where it does not go on. */
async function breathe(world: World): Promise<void> {
  const { finished } = world.browser;
  const enough = finished.size + STORM_TASKS;
  const isEnough = (): boolean => finished.size >= enough;
  const hasGoneOn = await until('tasks end', isEnough, BREATH_MS).catch(() => false);
  if (hasGoneOn) return;
  world.browser.wake();
  await world.retry();
  await until('tasks end', isEnough, 2 * BREATH_MS).catch(() => undefined);
}

type Done = Pick<RunResult, 'faults' | 'skipped'>;

async function breakAll(world: World, plan: readonly Fault[], say: (text: string) => void): Promise<Done> {
  const counts: { faults: Done['faults']; skipped: Done['skipped'] } = { faults: {}, skipped: {} };
  const running = new Set<Promise<void>>();
  for (const [index, fault] of plan.entries()) {
    await new Promise((resolve) => setTimeout(resolve, fault.afterMs));
    const { afterMs: _, ...facts } = fault;
    say(`${index + 1}/${plan.length} ${JSON.stringify(facts)}`);
    const performed = perform(world, fault).then((isDone) => {
      const { [fault.kind]: before = 0 } = isDone ? counts.faults : counts.skipped;
      (isDone ? counts.faults : counts.skipped)[fault.kind] = before + 1;
      if (!isDone) say(`skipped: ${fault.kind} cannot be done here`);
    });
    const ended = performed.finally(() => running.delete(ended));
    running.add(ended);
    while (running.size >= AT_ONCE) await Promise.race(running);
    if (index % STORM !== STORM - 1) continue;
    await Promise.all(running);
    await breathe(world);
  }
  await Promise.all(running);
  return counts;
}

/** Waits for all that was asked for to come to an end. Gives what did not. */
async function heal(world: World, last: SentByBrowser): Promise<readonly string[]> {
  const { browser } = world;
  const open = (): readonly string[] => {
    const refused = refusedLaunches(readAudit(world.auditFile));
    return browser.commands.flatMap((command) => {
      const { what, key, taskId, outcome, life } = command;
      const isRefused = outcome?.outcome === 'rejected' || refused.has(taskId ?? '');
      // Commands keep their order: once the last task ran, one that the server never had is not there.
      const hasNoTask = browser.isForgotten(command) && (taskId === undefined || !existsSync(world.folderOf(taskId)));
      const isLost = what === 'launch' && !isRefused && !hasNoTask && !browser.ended.has(taskId ?? '');
      const isUnanswered = life === browser.life && outcome === undefined;
      return isLost || isUnanswered ? [`stuck: ${what} ${key} of task ${taskId}: ${JSON.stringify(command)}`] : [];
    });
  };
  const isHealed = (): boolean => browser.ended.has(last.taskId ?? '') && open().length === 0;
  await until('everything has ended', isHealed, HEAL_MS).catch(() => undefined);
  return open();
}

/** What the machine knows, for whoever looks for the cause. */
async function describe({ bridgeData, programs }: World, say: (text: string) => void): Promise<void> {
  const local = new LocalClient(bridgeData);
  const answers = await Promise.allSettled([local.get('/status'), local.get('/tasks')]);
  for (const answer of answers) say(JSON.stringify(answer));
  say(`the control plane listens at ${programs.server.port}`);
}

async function leftProcesses(world: World): Promise<readonly string[]> {
  const look = () => processesOfTasks(world.browser.tasks);
  await until('no process of a task is left', () => look().length === 0, ORPHANS_MS).catch(() => undefined);
  return look().map(({ pid, command }) => `left: ${pid} ${command}`);
}
