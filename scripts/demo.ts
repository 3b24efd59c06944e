// The main job, unattended, on loopback: starts everything, pairs a browser-side client through the printed link,
// launches a task for each provider that can run here, and checks that what the agent wrote arrived whole. The `claude`
// task needs the real Claude Code program; only its model is faked. Exit code 0 only if every task came through.
//   node scripts/demo.ts [--json]
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WebClient } from '../src/client/web-client.ts';
import type { TaskRecord } from '../src/protocol/records/task-records.ts';
import { findClaude } from '../test/support/agent-cache.ts';
import { type FakeLlm, startFakeLlm } from '../test/support/fake-llm.ts';
import { type Stack, startStack } from '../test/support/stack.ts';
import { isEnd, lastState, recordsUntil } from '../test/support/tasks.ts';

const TASK_TIMEOUT_MS = 60_000;
const LINES = 20;
const isJson = process.argv.includes('--json');
const say = (text: string): void => {
  if (!isJson) console.log(text);
};

interface TaskReport {
  readonly provider: string;
  readonly state: string;
  readonly records: number;
  readonly firstOutputMs: number | null;
  readonly problem?: string;
}

interface DemoTask {
  readonly provider: string;
  readonly title: string;
  readonly instructions: string;
  readonly settings?: Record<string, string>;
  /** Says what is missing from the text that arrived, or undefined. */
  check(text: string): string | undefined;
}

const counting = `for (let i = 1; i <= ${LINES}; i++) { console.log('line ' + i); await new Promise((r) => setTimeout(r, 20)); }`;

const commandTask: DemoTask = {
  provider: 'command',
  title: 'Count to twenty',
  instructions: 'Print twenty lines.',
  settings: { program: 'count' },
  check: (text) => {
    const expected = Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join('');
    return text === expected
      ? undefined
      : `expected ${LINES} lines in order, got ${JSON.stringify(text.slice(0, 200))}`;
  },
};

const ANSWER = 'The fake model says hello from the real program.';
const claudeTask: DemoTask = {
  provider: 'claude',
  title: 'Say hello',
  instructions: `Say hello. [[fake:${JSON.stringify({ steps: [{ text: ANSWER, delayMs: 20 }] })}]]`,
  check: (text) =>
    text.includes(ANSWER) ? undefined : `the answer did not arrive, got ${JSON.stringify(text.slice(0, 200))}`,
};

const home = mkdtempSync(path.join(tmpdir(), 'ctrlnode-demo-home-'));
const claude = await findClaude();
let llm: FakeLlm | undefined;
let stack: Stack | undefined;
let ok = false;
let tasks: TaskReport[] = [];
let problem: string | undefined;
try {
  llm = await startFakeLlm();
  say('Starting a control plane and a bridge …');
  const programs = { count: { command: process.execPath, args: ['--input-type=module', '-e', counting] } };
  stack = await startStack({
    config: { providers: { command: { programs }, ...(claude && { claude: { command: claude } }) } },
    env: { ...llm.claudeEnv, HOME: home },
  });
  say(`Ready: ${stack.origin}, bridge ${stack.ready.bridge.id} is ${stack.ready.bridge.state}.`);
  const { client } = await stack.pairClient();
  say('Paired a browser-side client through the one-time link.');
  const bridgeId = stack.ready.bridge.id;
  if (!claude) say('Claude Code is not here and cannot be fetched: its task is left out.');
  const list = claude ? [commandTask, claudeTask] : [commandTask];
  // Side by side, as two people would.
  tasks = await Promise.all(list.map((task) => runTask(client, bridgeId, task)));
  ok = tasks.every((task) => task.state === 'succeeded' && task.problem === undefined);
} catch (error) {
  problem = error instanceof Error ? error.message : String(error);
  say(`Failed: ${problem}`);
} finally {
  const stopMs = await stack?.stop();
  if (stopMs !== undefined) say(`Stopped everything in ${Math.round(stopMs)} ms.`);
  await llm?.stop();
  rmSync(home, { recursive: true, force: true });
}
if (isJson) console.log(JSON.stringify({ ok, tasks, ...(problem && { problem }) }));
process.exit(ok ? 0 : 1);

async function runTask(client: WebClient, bridgeId: string, task: DemoTask): Promise<TaskReport> {
  const startedAt = performance.now();
  const { title, instructions, provider, settings } = task;
  const launched = client.launchTask({
    bridgeId,
    title,
    instructions,
    provider,
    workspace: 'default',
    ...(settings && { settings }),
  });
  say(`${provider}: launched "${title}" (${launched.taskId}).`);
  const outcome = await launched.outcome;
  if (outcome.outcome !== 'done')
    return { provider, state: outcome.outcome, records: 0, firstOutputMs: null, problem: JSON.stringify(outcome) };
  let firstOutputMs: number | null = null;
  const isEnough = (record: TaskRecord): boolean => {
    if (outputOf(record) !== '') firstOutputMs ??= Math.round(performance.now() - startedAt);
    return isEnd(record);
  };
  const records = await recordsUntil(client, launched.taskId, isEnough, TASK_TIMEOUT_MS);
  const state = lastState(records) ?? 'unknown';
  const missing =
    task.check(records.map(outputOf).join('')) ?? journalProblem(stack?.dataDir ?? '', launched.taskId, records.length);
  const but = missing ? ` But ${missing}` : '';
  say(`${provider}: ${state}, ${records.length} records, first output after ${firstOutputMs} ms.${but}`);
  return { provider, state, records: records.length, firstOutputMs, ...(missing && { problem: missing }) };
}

function outputOf(record: TaskRecord): string {
  if (record.type === 'output_chunk' && record.stream === 'stdout') return record.text;
  return record.type === 'agent_message_chunk' ? record.content.text : '';
}

// What arrived must be what the bridge wrote down: as many records as lines in the journal.
function journalProblem(dataDir: string, taskId: string, records: number): string | undefined {
  const journal = path.join(dataDir, 'workspace', 'tasks', taskId, 'log', 'journal.ndjson');
  if (!existsSync(journal)) return 'there is no journal on disk';
  const lines = readFileSync(journal, 'utf8').trimEnd().split('\n').length;
  return lines >= records ? undefined : `the journal has ${lines} records, the client saw ${records}`;
}
