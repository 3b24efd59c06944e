import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TaskLaunch } from '../../src/protocol/wire/commands.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { makeAgentHome } from '../support/agent-home.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { type GitProject, gitIn, makeGitProject } from '../support/git-project.ts';
import { openTaskBridge, type TaskBridge, type TaskBridgeOptions, waitFor } from '../support/task-bridge.ts';

/** The real Claude Code and Codex in a project of the user; only the model is faked. */
const claude = await cachedAgent('claude');
const codex = await cachedAgent('codex');
const programOf = (agent: typeof claude): string => ('program' in agent ? agent.program : '');

let llm: FakeLlm;
let root: string;
let project: GitProject;
let bridge: TaskBridge | undefined;
let options: TaskBridgeOptions;
let taskId: string;
let count = 0;

beforeAll(async () => {
  llm = await startFakeLlm();
});
afterAll(() => llm?.stop());

beforeEach(() => {
  taskId = `${++count}abcdef0-${process.pid}`;
  const made = makeAgentHome(taskId);
  root = made.root;
  project = makeGitProject(path.join(root, 'code', 'shop'));
  const environment = { ...made.environment, ...llm.claudeEnv, ...llm.writeCodexHome(made.home) };
  const projects = { shop: project.folder };
  options = { root, environment, projects, claudeCommand: programOf(claude), codexCommand: programOf(codex) };
});
afterEach(async () => {
  if (bridge) {
    await bridge.close();
    expect(await bridge.supervisor.find(taskId)).toEqual([]);
  }
  bridge = undefined;
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

async function run(steps: readonly FakeStep[], launch: Partial<TaskLaunch>): Promise<TaskBridge> {
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  bridge.launch({ taskId, instructions: scripted('Do it.', steps), ...launch });
  const { state, reason } = await bridge.ended(taskId);
  expect({ state, reason }).toEqual({ state: 'succeeded', reason: null });
  return bridge;
}

const artifact = (): string => path.join(root, 'workspace/tasks', taskId, 'output/artifacts/x.txt');
const worktree = (): string => path.join(root, 'workspace/tasks', taskId, 'worktree');
const shell = (cmd: string): FakeStep => ({ tool: 'exec_command', input: { cmd } });
const bash = (command: string): FakeStep => ({ tool: 'Bash', input: { command, description: 'Try' } });
const write = (file: string): FakeStep => ({ tool: 'Write', input: { file_path: file, content: 'made\n' } });

async function printed(open: TaskBridge): Promise<string> {
  const records = await open.records(taskId);
  expect(records.filter((record) => record.type === 'approval_requested')).toEqual([]);
  return JSON.stringify(records.filter((record) => record.type === 'tool_call_update'));
}

describe.skipIf('missing' in claude)('Claude Code', () => {
  test('works in the project itself, and writes an artifact without a question', async () => {
    const steps = [bash('pwd'), write(path.join(project.folder, 'new.txt')), write(artifact()), { text: 'Done.' }];
    const open = await run(steps, { provider: 'claude', project: { name: 'shop', worktree: false } });
    expect(await printed(open)).toContain(project.folder);
    expect(await readFile(artifact(), 'utf8')).toBe('made\n');
    expect(project.git('status', '--porcelain')).toBe('?? new.txt');
    expect((await open.records(taskId))[0]).toMatchObject({ project: { name: 'shop', worktree: false } });
  });

  test('works in a worktree, also after one more message; the checkout of the project is as it was', async () => {
    writeFileSync(path.join(project.folder, 'README.md'), 'Not committed.\n');
    const steps = [bash('pwd'), write(path.join(worktree(), 'new.txt')), write(artifact()), { text: 'Done.' }];
    const open = await run(steps, { provider: 'claude', project: { name: 'shop', worktree: true } });
    expect(await printed(open)).toContain(worktree());
    const branch = `ctrlnode/${taskId.slice(0, 8)}`;
    expect(gitIn(worktree(), 'branch', '--show-current')).toBe(branch);
    expect(existsSync(path.join(worktree(), 'new.txt'))).toBe(true);
    expect(project.git('status', '--porcelain')).toBe('M README.md');
    expect(project.git('branch', '--show-current')).toBe('main');
    const notice = (await open.records(taskId)).find((record) => record.type === 'notice');
    expect(notice).toMatchObject({ level: 'info', text: expect.stringContaining(`Works on the branch ${branch}`) });

    open.prompt(taskId, scripted('And more.', [write(path.join(worktree(), 'more.txt')), { text: 'Done.' }]));
    await open.until(taskId, (task) => task.turn.messagePosition > 0 && task.endedAt !== null);
    expect(open.task(taskId).state).toBe('succeeded');
    expect(existsSync(path.join(worktree(), 'more.txt'))).toBe(true);
    expect(existsSync(path.join(worktree(), 'new.txt'))).toBe(true);
  });

  test('a worktree that was removed comes back on its branch for one more message', async () => {
    const commit = 'git -c user.name=A -c user.email=a@example.org commit --allow-empty -qm Work';
    options = {
      ...options,
      unasked: 'project',
      policy: { decide: () => ({ decision: 'allow', by: { kind: 'project' } }) },
    };
    const launch = { provider: 'claude', project: { name: 'shop', worktree: true } };
    bridge = await openTaskBridge(options);
    await bridge.runner.start();
    bridge.launch({ taskId, instructions: scripted('Do it.', [bash(commit), { text: 'Done.' }]), ...launch });
    await bridge.ended(taskId);
    project.git('worktree', 'remove', worktree());
    bridge.prompt(taskId, scripted('And more.', [{ text: 'Done.' }]));
    await bridge.until(taskId, (task) => task.turn.messagePosition > 0 && task.endedAt !== null);
    expect(bridge.task(taskId)).toMatchObject({ state: 'succeeded', reason: null });
    expect(gitIn(worktree(), 'log', '-1', '--format=%s')).toBe('Work');
  });
});

describe.skipIf('missing' in codex)('Codex', () => {
  const settings = { approvalPolicy: 'on-request' };

  test('works in the project itself; its sandbox lets it write an artifact, and nothing beside', async () => {
    const outside = path.join(root, 'outside');
    const steps = [shell(`pwd; touch new.txt ${artifact()}; touch ${outside}; echo went on`), { text: 'Done.' }];
    const open = await run(steps, { provider: 'codex', settings, project: { name: 'shop', worktree: false } });
    expect(await printed(open)).toContain(project.folder);
    expect([existsSync(artifact()), existsSync(outside)]).toEqual([true, false]);
    expect(project.git('status', '--porcelain')).toBe('?? new.txt');
  });

  test('works in a worktree; the checkout of the project is as it was', async () => {
    const steps = [shell(`pwd; touch new.txt ${artifact()}`), { text: 'Done.' }];
    const open = await run(steps, { provider: 'codex', settings, project: { name: 'shop', worktree: true } });
    expect(await printed(open)).toContain(worktree());
    expect([existsSync(artifact()), existsSync(path.join(worktree(), 'new.txt'))]).toEqual([true, true]);
    expect(gitIn(worktree(), 'branch', '--show-current')).toBe(`ctrlnode/${taskId.slice(0, 8)}`);
    expect(project.git('status', '--porcelain')).toBe('');
  });
});

describe('any agent', () => {
  const command = { provider: 'command', settings: { program: 'where' } };

  test('a project that is not allowed, or no longer, is refused at the launch, and before it begins', async () => {
    const projects: Record<string, string> = { shop: project.folder };
    options = { ...options, projects, programs: { where: { command: 'pwd' } }, limits: { tasksAtOnce: 1 } };
    bridge = await openTaskBridge(options);
    const launch = { taskId, ...command, project: { name: 'other', worktree: false } };
    expect(() => bridge?.launch(launch)).toThrow(expect.objectContaining({ code: 'project_not_allowed' }));
    expect(bridge.tasks.get(taskId)).toBeUndefined();
    bridge.launch({ ...launch, project: { name: 'shop', worktree: false } });
    delete projects.shop;
    await bridge.runner.start();
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'failed', reason: { code: 'project_not_allowed' } });
  });

  test('cancelled while git still checks out: over within five seconds, and no process is left', async () => {
    const began = path.join(root, 'began');
    writeFileSync(path.join(project.folder, '.gitattributes'), '* filter=slow\n');
    project.git('add', '.');
    project.git('commit', '--quiet', '--message', 'Slow');
    project.git('config', 'filter.slow.smudge', `touch ${began}; sleep 60; cat`);
    options = { ...options, programs: { where: { command: 'touch', args: ['ran'] } } };
    const open = await openTaskBridge(options);
    bridge = open;
    await open.runner.start();
    open.launch({ taskId, ...command, project: { name: 'shop', worktree: true } });
    await waitFor(
      () => existsSync(began) || undefined,
      () => 'git did not begin',
    );
    const startMs = performance.now();
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(await open.supervisor.find(taskId)).toEqual([]);
  });

  test('a worktree that cannot be made is a failure that says why, and nothing runs', async () => {
    options = { ...options, programs: { where: { command: 'touch', args: ['ran'] } } };
    project.git('branch', `ctrlnode/${taskId.slice(0, 8)}`);
    bridge = await openTaskBridge(options);
    await bridge.runner.start();
    bridge.launch({ taskId, ...command, project: { name: 'shop', worktree: true } });
    const { state, reason } = await bridge.ended(taskId);
    expect({ state, reason }).toMatchObject({ state: 'failed', reason: { code: 'worktree_failed' } });
    expect(reason?.message).toContain('has a branch ctrlnode/');
    expect([existsSync(worktree()), existsSync(path.join(bridge.folder(taskId), 'ran'))]).toEqual([false, false]);
  });
});
