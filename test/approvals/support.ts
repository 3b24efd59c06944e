/** The whole product with the real Claude Code and a fake model, for tests of approvals. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { WebClient } from '../../src/client/web-client.ts';
import { approvalsResponseSchema } from '../../src/protocol/local/control.ts';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import type { PendingApproval } from '../../src/protocol/ui/snapshot.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { type Finished, runCtrlnode } from '../support/run-ctrlnode.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

export type Resolution = Extract<TaskRecord, { type: 'approval_resolved' }>;

export interface ClaudeStack {
  readonly stack: Stack;
  readonly client: WebClient;
  readonly bridgeId: string;
  readonly home: string;
  /** Runs `ctrlnode` against this stack. */
  run(...args: string[]): Promise<Finished>;
  launch(steps: readonly FakeStep[], more?: object): Promise<string>;
  /** The question of a task, as `ctrlnode approvals --json` lists it. */
  asked(taskId: string): Promise<PendingApproval>;
  /** Starts the product again on the same data, after `stop`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** `policy` is the text of `bridge/policy.json`; `configAt` gives more of `config.json`, from the home. */
export async function startClaudeStack(
  program: string,
  policy?: object,
  configAt: (home: string) => object = () => ({}),
): Promise<ClaudeStack> {
  // Outside the temporary folder: agents treat a home in there in another way.
  const homes = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes');
  mkdirSync(homes, { recursive: true });
  const home = await mkdtemp(path.join(homes, 'approvals-'));
  const dataDir = path.join(home, 'data');
  if (policy) writePolicy(dataDir, JSON.stringify(policy));
  const llm = await startFakeLlm();
  const config = { name: 'studio', providers: { claude: { command: program } }, ...configAt(home) };
  let stack = await open(dataDir, config, home, llm);
  const { client } = await stack.pairClient();
  const bridgeId = stack.ready.bridge.id;
  const run = (...args: string[]): Promise<Finished> => runCtrlnode([...args, '--data', dataDir]);
  return {
    get stack() {
      return stack;
    },
    client,
    bridgeId,
    home,
    run,
    async launch(steps, more = {}) {
      const launched = client.launchTask({
        bridgeId,
        title: 'A task that asks',
        instructions: scripted('Do it.', steps),
        provider: 'claude',
        workspace: 'default',
        settings: {},
        ...more,
      });
      const outcome = await launched.outcome;
      if (outcome.outcome !== 'done') throw new Error(`Not launched: ${JSON.stringify(outcome)}`);
      return launched.taskId;
    },
    asked: (taskId) =>
      until(`a question of ${taskId}`, async () => {
        const { stdout } = await run('approvals', '--json');
        const { approvals } = approvalsResponseSchema.parse(JSON.parse(stdout));
        return approvals.find((approval) => approval.taskId === taskId);
      }),
    async restart() {
      stack = await open(dataDir, config, home, llm);
    },
    async stop() {
      client.dispose();
      await stack.stop();
      await llm.stop();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export function writePolicy(dataDir: string, text: string): void {
  mkdirSync(path.join(dataDir, 'bridge'), { recursive: true });
  writeFileSync(path.join(dataDir, 'bridge', 'policy.json'), text);
}

export function resolutionsOf(records: readonly TaskRecord[]): Resolution[] {
  return records.filter((record) => record.type === 'approval_resolved');
}

/** The folder in which a task of the default workspace works. */
export function folderOf(home: string, taskId: string): string {
  return path.join(home, 'data', 'workspace', 'tasks', taskId);
}

function open(dataDir: string, config: object, home: string, llm: FakeLlm): Promise<Stack> {
  return startStack({ dataDir, config, env: { ...llm.claudeEnv, HOME: home } });
}
