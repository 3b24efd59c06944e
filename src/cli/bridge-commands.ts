import { type Snapshot, snapshotSchema } from '../protocol/ui/snapshot.ts';
import type { LocalClient } from './local-client.ts';
import { connectionWords, providerLines, queueWords } from './words.ts';

export type Print = (text: string) => void;

/** `ctrlnode bridge status [--json]` */
export async function bridgeStatus(client: LocalClient, format: 'json' | 'text', print: Print): Promise<void> {
  printSnapshot(await snapshotOf(client.get('/status')), format, print);
}

/** `ctrlnode bridge pause [--for MINUTES]` and `resume`. Offline meanwhile: running tasks go on, new ones wait. */
export async function bridgePause(client: LocalClient, minutes: number | undefined, print: Print): Promise<void> {
  const untilMs = minutes === undefined ? null : Date.now() + minutes * 60_000;
  printSnapshot(await snapshotOf(client.post('/pause', { untilMs })), 'text', print);
}

export async function bridgeResume(client: LocalClient, print: Print): Promise<void> {
  printSnapshot(await snapshotOf(client.post('/resume')), 'text', print);
}

async function snapshotOf(answer: Promise<unknown>): Promise<Snapshot> {
  return snapshotSchema.parse(await answer);
}

function printSnapshot(snapshot: Snapshot, format: 'json' | 'text', print: Print): void {
  if (format === 'json') {
    print(JSON.stringify(snapshot));
    return;
  }
  print(`${snapshot.name} (${snapshot.bridgeId ?? 'not paired'})`);
  print(`  ${connectionWords(snapshot.connection, Date.now())}`);
  if (snapshot.server) print(`  Control plane  ${snapshot.server}`);
  print(`  Queue          ${queueWords(snapshot.queue)}`);
  print(`  Running        ${snapshot.runningTasks}`);
  if (snapshot.pendingApprovals.length > 0)
    print(`  Waiting        ${snapshot.pendingApprovals.length} for your answer (ctrlnode approvals)`);
  if (snapshot.storageProblem) print(`  Disk           ${snapshot.storageProblem}`);
  const { rules, problem } = snapshot.policy;
  if (rules > 0) print(`  Policy         ${rules} ${rules === 1 ? 'rule' : 'rules'}`);
  if (problem) print(`  Policy         ${problem}`);
  for (const workspace of snapshot.workspaces) print(`  Workspace      ${folderWords(workspace)}`);
  for (const project of snapshot.projects)
    print(`  Project        ${folderWords(project)}${project.isGit ? '' : ' (not a git repository)'}`);
  for (const folderProblem of snapshot.folderProblems) print(`  Folder         ${folderProblem}`);
  for (const provider of snapshot.providers) {
    const [first, ...more] = providerLines(provider);
    print(`  Provider       ${first}`);
    for (const line of more) print(`                 ${line}`);
  }
}

function folderWords({ name, path, approvals }: Snapshot['workspaces'][number]): string {
  return `${name}  ${path}${approvals === 'allow' ? ' (questions are turned off)' : ''}`;
}
