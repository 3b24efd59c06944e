/** The task side of a bridge over the real store, in a temporary folder, for tests. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { err, ok } from '../../src/base/result.ts';
import type { Unasked } from '../../src/bridge/policy/approval-policy.ts';
import type { ApprovalPolicy, PlacePolicy, StoredTask } from '../../src/bridge/ports.ts';
import type { ProgramConfig } from '../../src/bridge/providers/command/command-config.ts';
import { createProviders, type ProvidersConfig } from '../../src/bridge/providers/registry.ts';
import { createWatchdog } from '../../src/bridge/providers/supervisor/create-watchdog.ts';
import { HelperProcesses } from '../../src/bridge/providers/supervisor/helper-processes.ts';
import { createProcessPlatform } from '../../src/bridge/providers/supervisor/platform.ts';
import { Supervisor } from '../../src/bridge/providers/supervisor/supervisor.ts';
import { createApprovalTable } from '../../src/bridge/store/approval-table.ts';
import { openBridgeLog } from '../../src/bridge/store/bridge-log.ts';
import { createFileSpool } from '../../src/bridge/store/file-spool.ts';
import { createMessageTable } from '../../src/bridge/store/message-table.ts';
import { openStateDatabase } from '../../src/bridge/store/state-database.ts';
import { createTaskTable } from '../../src/bridge/store/task-table.ts';
import type { OutputLimits } from '../../src/bridge/tasks/output-bound.ts';
import { taskPaths } from '../../src/bridge/tasks/task-paths.ts';
import { TaskRunner } from '../../src/bridge/tasks/task-service.ts';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import type { TaskLaunch } from '../../src/protocol/wire/commands.ts';

export interface TaskBridgeOptions {
  /** Kept at the end, so that another life can go on from it. */
  readonly root?: string;
  readonly programs?: Readonly<Record<string, ProgramConfig>>;
  readonly claudeCommand?: string;
  readonly codexCommand?: string;
  /** The rest of the configuration of providers. */
  readonly providers?: ProvidersConfig;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly logger?: pino.Logger;
  readonly limits?: { readonly tasksAtOnce?: number; readonly tasksAtOncePerProvider?: number };
  readonly approvalDeadlineMs?: number;
  readonly timeLimitMs?: number;
  readonly outputLimits?: OutputLimits;
  readonly waitingBytes?: () => number;
  readonly memoryLimitMegabytes?: number;
  /** Called before a row is written; throws as a full disk would. */
  readonly beforePut?: (task: StoredTask) => void;
  /** How long the watchdog waits for the next life. */
  readonly graceSeconds?: number;
  /** By name, a real path. */
  readonly projects?: Readonly<Record<string, string>>;
  /** Set for every task. */
  readonly unasked?: Unasked;
  readonly policy?: ApprovalPolicy;
  /** How long to wait for what a test waits for. */
  readonly waitMs?: number;
}

export type TaskBridge = Awaited<ReturnType<typeof openTaskBridge>>;

const WAIT_MS = 20_000;

export function makeRoot(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-tasks-'));
}

export async function openTaskBridge(options: TaskBridgeOptions = {}) {
  const root = options.root ?? makeRoot();
  const workspace = path.join(root, 'workspace');
  const dataDir = path.join(root, 'data');
  mkdirSync(workspace, { recursive: true });
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? pino({ level: process.env.TEST_LOG ?? 'silent' });
  const state = openStateDatabase({ dataDir });
  const log = await openBridgeLog({ state, dataDir, sealer: () => undefined, clock, logger });
  const table = createTaskTable(state.sql);
  const put = (task: StoredTask): void => {
    options.beforePut?.(task);
    table.put(task);
  };
  const tasks = { ...table, put };
  const approvals = createApprovalTable(state.sql);
  const messages = createMessageTable(state.sql);
  const spool = createFileSpool({ folder: path.join(dataDir, 'spool'), clock });
  const environment = options.environment ?? baseEnvironment();
  const loginPath = async (): Promise<string> => environment.PATH ?? '';
  const platform = createProcessPlatform(process.platform);
  // Time enough for a next life on a busy machine, unless a test is about the watchdog.
  const graceSeconds = options.graceSeconds ?? 20;
  const watchdog = createWatchdog({
    bridgeDir: dataDir,
    system: process.platform,
    environment,
    platform,
    clock,
    logger,
    graceSeconds,
  });
  const left = tasks.listUnfinished().filter((task) => task.state !== 'queued');
  await watchdog?.takeOver(left.map((task) => task.taskId));
  const supervisor = new Supervisor({
    platform,
    watchdog,
    environment,
    loginPath,
    clock,
    logger,
  });
  const helpers = new HelperProcesses({ supervisor, platform, folder: dataDir, clock, logger });
  const providers = createProviders(
    {
      claude: { command: options.claudeCommand },
      codex: { command: options.codexCommand },
      command: { programs: options.programs ?? {} },
      ...options.providers,
    },
    { environment, loginPath, helpers, clock, logger },
  );
  const places: PlacePolicy = {
    resolveWorkspace: (name) =>
      name === 'work' ? ok(workspace) : err({ code: 'workspace_not_allowed', message: 'Not allowed.' }),
    resolveProject: (name) => {
      const folder = options.projects?.[name];
      return folder ? ok(folder) : err({ code: 'project_not_allowed', message: 'Not allowed.' });
    },
    unaskedIn: () => options.unasked,
  };
  const git = { environment, loginPath, clock };
  const runner = new TaskRunner({
    tasks,
    approvals,
    messages,
    spool,
    providers,
    journals: log,
    versionOf: () => undefined,
    supervisor,
    stateFolder: dataDir,
    clock,
    logger,
    places,
    git,
    policy: options.policy,
    ...(options.limits && { limits: options.limits }),
    ...(options.outputLimits && { outputLimits: options.outputLimits }),
    ...(options.waitingBytes && { waitingBytes: options.waitingBytes }),
    ...(options.timeLimitMs && { timeLimitMs: options.timeLimitMs }),
    ...(options.memoryLimitMegabytes && { memoryLimitMegabytes: options.memoryLimitMegabytes }),
    ...(options.approvalDeadlineMs && { approvalDeadlineMs: options.approvalDeadlineMs }),
  });

  const transaction = state.transaction;
  let said = 0;
  return {
    root,
    workspace,
    runner,
    tasks,
    approvals,
    spool,
    providers,
    supervisor,
    watchdog,
    log,
    /** What cleaning works on. */
    retentionParts: { tasks, messages, transaction, places, git, stateFolder: dataDir },
    /** As a command does it: in a transaction, then wake. Throws the reason. */
    launch(launch: Partial<TaskLaunch> & { taskId: string }): string {
      const whole = launchOf(launch);
      const from = { commandId: `command-${launch.taskId}`, deviceId: 'device-1' };
      const result = transaction(() => runner.launch(whole, from));
      if (!result.ok) throw Object.assign(new Error(result.error.message), { code: result.error.code });
      runner.wake();
      return launch.taskId;
    },
    /** One more message, as a command brings it. */
    prompt(taskId: string, text: string, commandId = `message-${++said}`) {
      const result = transaction(() => runner.prompt({ taskId, text }, { commandId, deviceId: 'device-1' }));
      runner.wake();
      return result;
    },
    cancel(taskId: string) {
      const result = transaction(() => runner.cancel(taskId));
      runner.wake();
      return result;
    },
    answer(answer: { taskId: string; approvalId: string; sha256: string; decision: 'allow' | 'deny' }) {
      const result = transaction(() => runner.answerApproval(answer, { kind: 'device', deviceId: 'device-1' }));
      runner.wake();
      return result;
    },
    task(taskId: string): StoredTask {
      const task = tasks.get(taskId);
      if (!task) throw new Error(`No task ${taskId}`);
      return task;
    },
    folder: (taskId: string) => path.join(workspace, 'tasks', taskId),
    records: (taskId: string) => readRecords(path.join(workspace, 'tasks', taskId)),
    /** Waits until the row of a task is as asked; fails with its records otherwise. */
    async until(taskId: string, isReached: (task: StoredTask) => boolean): Promise<StoredTask> {
      return waitFor(
        () => {
          const task = tasks.get(taskId);
          return task && isReached(task) ? task : undefined;
        },
        async () => `task ${taskId}: ${JSON.stringify(tasks.get(taskId)?.state)} ${await dump(workspace, taskId)}`,
        options.waitMs,
      );
    },
    async ended(taskId: string): Promise<StoredTask> {
      const task = await this.until(taskId, (candidate) => candidate.endedAt !== null);
      // The row comes first, its file a moment later.
      const isWritten = (): true | undefined => (stateInFile(task) === task.state ? true : undefined);
      await waitFor(
        async () => isWritten(),
        () => 'task.json did not get the end',
      );
      return task;
    },
    async untilRecord<T extends TaskRecord['type']>(
      taskId: string,
      type: T,
      isIt: (record: Extract<TaskRecord, { type: T }>) => boolean = () => true,
    ): Promise<Extract<TaskRecord, { type: T }>> {
      const folder = path.join(workspace, 'tasks', taskId);
      return waitFor(
        async () => {
          const found = (await readRecords(folder)).filter((record) => record.type === type);
          return (found as Extract<TaskRecord, { type: T }>[]).find(isIt);
        },
        async () => `no such ${type} of ${taskId}: ${await dump(workspace, taskId)}`,
        options.waitMs,
      );
    },
    closeState: () => state.dispose(),
    async close(): Promise<void> {
      await runner.stop();
      await Promise.all(providers.map((provider) => provider.dispose?.()));
      await supervisor.dispose();
      await log.close();
      state.dispose();
      if (!options.root) rmSync(root, { recursive: true, force: true });
    },
  };
}

export function launchOf(launch: Partial<TaskLaunch> & { taskId: string }): TaskLaunch {
  return {
    title: 'A test',
    instructions: 'Do it.',
    provider: 'command',
    workspace: 'work',
    files: [],
    settings: {},
    ...launch,
  };
}

export function baseEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8' } = process.env;
  return { PATH, HOME, LANG };
}

/** The whole records of a task's journal so far. */
export async function readRecords(folder: string): Promise<TaskRecord[]> {
  const text = await readFile(taskPaths(folder).journal, 'utf8').catch(() => '');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as TaskRecord);
}

/** Output of one kind, joined. */
export function textOf(records: readonly TaskRecord[], what: 'stdout' | 'stderr' | 'message' | 'thought'): string {
  return records
    .map((record) => {
      if (record.type === 'output_chunk' && record.stream === what) return record.text;
      if (record.type === 'agent_message_chunk' && what === 'message') return record.content.text;
      if (record.type === 'agent_thought_chunk' && what === 'thought') return record.content.text;
      return '';
    })
    .join('');
}

export function statesOf(records: readonly TaskRecord[]): string[] {
  return records.flatMap((record) => (record.type === 'task_state' ? [record.state] : []));
}

/** Looks again and again until there is a value; the deadline turns into an error that says what there was. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  explain: () => string | Promise<string>,
  deadlineMs = WAIT_MS,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms: ${await explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

async function dump(workspace: string, taskId: string): Promise<string> {
  const records = await readRecords(path.join(workspace, 'tasks', taskId));
  return JSON.stringify(records.slice(-12)).slice(0, 4_000);
}

/** The state that `task.json` tells; the task's own where it has no such file. */
function stateInFile(task: StoredTask): string {
  try {
    return JSON.parse(readFileSync(path.join(task.folder, 'task.json'), 'utf8')).state;
  } catch {
    return task.state;
  }
}
