/** One case of the conformance suite: a real agent with a home of its own, and a bridge that it runs under. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import type { ConformanceAgent, Shared } from './conformance-agents.ts';
import { type FakeLlm, type FakeStep, scripted } from './fake-llm.ts';
import { startTaskHost, type TaskHost } from './kill-host.ts';
import { type LiveProcess, processesWith } from './processes.ts';
import {
  openTaskBridge,
  readRecords,
  statesOf,
  type TaskBridge,
  type TaskBridgeOptions,
  waitFor,
} from './task-bridge.ts';

/** The promise: this long after its end no process of a task is left. */
const GONE_MS = 5_000;
/** For a busy machine: the slowest agent alone needs 3 s to start. */
const WAIT_MS = 60_000;

export type Bench = ReturnType<typeof createBench>;

let count = 0;

export interface BenchOptions {
  readonly agent: ConformanceAgent;
  readonly program: string;
  readonly llm: FakeLlm;
  readonly shared: Shared | undefined;
}

export function createBench({ agent, program, llm, shared }: BenchOptions) {
  const taskId = `${agent.id}-${process.pid}-${String(++count).padStart(3, '0')}`;
  // Outside the temporary folder: agents treat a home in there in another way.
  const root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', taskId);
  const home = shared?.home ?? path.join(root, 'home');
  mkdirSync(home, { recursive: true });
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`;
  const environment = { PATH, LANG: 'C.UTF-8', HOME: home, ...(!shared && agent.prepare(home, llm)) };
  const providers = shared?.config ?? agent.config(program);
  const project = path.join(root, 'shop');
  mkdirSync(project, { recursive: true });
  const options: TaskBridgeOptions = { root, environment, providers, projects: { shop: project }, waitMs: WAIT_MS };
  const taskIds = new Set([taskId]);
  let bridge: TaskBridge | undefined;
  let host: TaskHost | undefined;

  async function open(): Promise<TaskBridge> {
    const opened = await openTaskBridge(options);
    bridge = opened;
    await opened.runner.start();
    return opened;
  }
  function launchOf(steps: readonly FakeStep[], words: string, id: string) {
    taskIds.add(id);
    return { taskId: id, provider: agent.id, instructions: scripted(words, steps) };
  }
  function current(): TaskBridge {
    if (!bridge) throw new Error('No bridge is open.');
    return bridge;
  }
  const records = (id = taskId): Promise<TaskRecord[]> => readRecords(path.join(root, 'workspace/tasks', id));

  /** What carries a task's marker, or works in its folder: what an agent shares by all its tasks hands no marker on. */
  function alive(): LiveProcess[] {
    const found = [...taskIds].flatMap((id) => [
      ...processesWith(`CTRLNODE_TASK=${id}`),
      ...processesWith(path.join(root, 'workspace/tasks', id)),
    ]);
    return [...new Map(found.map((process) => [process.pid, process])).values()];
  }

  async function allowAll(id: string, answered: Set<string>): Promise<void> {
    for (const record of await records(id)) {
      if (record.type !== 'approval_requested' || answered.has(record.approvalId)) continue;
      answered.add(record.approvalId);
      current().answer({ taskId: id, approvalId: record.approvalId, sha256: record.sha256, decision: 'allow' });
    }
  }

  /** Answers every question with yes until `look` has a value. */
  function allowingUntil<T>(what: string, look: () => Promise<T | undefined>, id = taskId): Promise<T> {
    const answered = new Set<string>();
    return waitFor(
      async () => {
        await allowAll(id, answered);
        return look();
      },
      async () => `${what}: ${JSON.stringify((await records(id)).slice(-8)).slice(0, 3_000)}`,
      WAIT_MS,
    );
  }

  /** Answers every question with yes until the task has had so many turns. */
  async function finished(turns = 1, id = taskId): Promise<TaskRecord[]> {
    await allowingUntil(
      'not finished',
      async () => {
        const ends = statesOf(await records(id)).filter((state) => /succeeded|failed|interrupted/.test(state));
        return ends.length >= turns || undefined;
      },
      id,
    );
    await current().ended(id);
    return records(id);
  }

  return {
    agent,
    taskId,
    root,
    home,
    /** A folder that tasks may work in, by the name `shop`. */
    project,
    folder: path.join(root, 'workspace/tasks', taskId),
    open,
    records,
    alive,
    /** A shell script outside of the task's folder, for commands that an agent would not take in one line. */
    script(...lines: readonly string[]): string {
      const file = path.join(root, 'script.sh');
      writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
      return file;
    },
    async launch(steps: readonly FakeStep[], words = 'Do it.', id = taskId): Promise<TaskBridge> {
      const opened = bridge ?? (await open());
      opened.launch(launchOf(steps, words, id));
      return opened;
    },
    async launchInProject(steps: readonly FakeStep[]): Promise<void> {
      const place = { name: 'shop', worktree: false } as const;
      (bridge ?? (await open())).launch({ ...launchOf(steps, 'Do it.', taskId), project: place });
    },
    /** Under a bridge in a process of its own, which can be killed. */
    async launchInHost(steps: readonly FakeStep[]): Promise<TaskHost> {
      host = await startTaskHost({ options, launches: [launchOf(steps, 'Do it.', taskId)] });
      return host;
    },
    allowingUntil,
    finished,
    /** After every case: what ran has ended, and soon nothing of it is left. */
    async nothingIsLeft(): Promise<void> {
      await expect.poll(alive, { timeout: GONE_MS }).toEqual([]);
      for (const id of taskIds) expect(await current().supervisor.find(id)).toEqual([]);
    },
    /** Also where the case failed. */
    async close(): Promise<void> {
      await host?.kill();
      await bridge?.close();
      for (const { pid } of alive()) process.kill(pid, 'SIGKILL');
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
