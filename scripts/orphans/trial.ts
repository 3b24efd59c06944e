/** One trial: a task with a running shell command, one way to end it, and what lives afterwards. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { WebClient } from '../../src/client/web-client.ts';
import { readRecords } from '../../test/support/task-bridge.ts';
import { until } from '../../test/support/until.ts';
import type { Candidate } from './candidates.ts';
import type { CleanUp } from './clean-up.ts';
import { type Machine, startMachine } from './machine.ts';
import { TaskProcesses } from './process-table.ts';

export const WAYS = ['cancel', 'crash', 'quit'] as const;
export type Way = (typeof WAYS)[number];

const AFTER_MS = 5_000;
const LOOK_EVERY_MS = 200;
// OpenClaw starts a gateway first, which takes a while on a busy machine.
const STARTED_MS = 120_000;

export interface TrialResult {
  readonly before: number;
  readonly left: readonly string[];
}

export async function tryIt(candidate: Candidate, way: Way, client: WebClient, cleanUp: CleanUp): Promise<TrialResult> {
  // No other process sleeps for just so long.
  const words = `600.${Math.random().toFixed(9).slice(2)}`;
  // One sleeps as a child of the agent's shell, one has left its session and parent.
  const script = [`setsid sleep ${words} >/dev/null 2>&1 &`, 'touch started', `sleep ${words}`, 'echo done'];
  const name = `${candidate.id}-${way}`;
  const { config: providersOf, prepare } = candidate;
  const machine = await startMachine({ name, client, script, providersOf, prepare });
  const endMachine = cleanUp.add(machine.end);
  const taskId = await launch(candidate, machine, client);
  // A gateway serves other tasks too, so it outlives one that is cancelled, but not its bridge.
  const bridgeHome = way === 'cancel' ? undefined : machine.home;
  const processes = new TaskProcesses({ taskId, words: [words, machine.scriptFile], bridgeHome });
  const killAll = cleanUp.add(() => processes.killAll());
  const folder = machine.folderOf(taskId);
  const answered = new Set<string>();
  await until(
    `the shell command of ${candidate.id} runs`,
    async () => {
      processes.look();
      await allowAll(client, taskId, folder, answered);
      return existsSync(path.join(folder, 'started'));
    },
    STARTED_MS,
  );
  const asleep = () => processes.look().filter(({ command }) => command === `sleep ${words}`);
  await until('both sleep', () => asleep().length === 2);
  const before = processes.look().length;
  const endMs = performance.now() + AFTER_MS;
  end(way, taskId, machine, client);
  await until(
    'the time is over',
    () => {
      processes.look();
      return performance.now() >= endMs;
    },
    AFTER_MS + LOOK_EVERY_MS,
  );
  const left = processes.look().map(({ pid, command }) => `${pid} ${command}`);
  // In this order: what is left is not the bridge's to end.
  await killAll();
  await endMachine();
  return { before, left };
}

async function launch(candidate: Candidate, machine: Machine, client: WebClient): Promise<string> {
  const launched = client.launchTask({
    bridgeId: machine.bridgeId,
    title: 'Sleep',
    instructions: candidate.instructions(machine.scriptFile),
    provider: candidate.id,
    workspace: 'work',
    settings: candidate.settings,
  });
  const outcome = await launched.outcome;
  if (outcome.outcome !== 'done') throw new Error(`${candidate.id} was not launched: ${JSON.stringify(outcome)}`);
  return launched.taskId;
}

async function allowAll(client: WebClient, taskId: string, folder: string, answered: Set<string>): Promise<void> {
  for (const record of await readRecords(folder)) {
    if (record.type !== 'approval_requested' || answered.has(record.approvalId)) continue;
    // The server must know the task before an answer can be sent to it.
    if (!client.state.tasks.some((task) => task.taskId === taskId)) return;
    answered.add(record.approvalId);
    client.answerApproval({ taskId, approvalId: record.approvalId, sha256: record.sha256 }, 'allow');
  }
}

function end(way: Way, taskId: string, machine: Machine, client: WebClient): void {
  if (way === 'cancel') client.cancelTask(taskId, machine.bridgeId);
  else machine.process.kill(way === 'crash' ? 'SIGKILL' : 'SIGTERM');
}
