// A person's device as a process of its own, so that it can be killed: follows every task that it is told of, writes
// down each entry as it comes, sends commands, and allows whatever an agent asks. It remembers nothing but its identity.
import { mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createFileStore, readDevice } from '../../src/cli/up/first-device.ts';
import type { SentCommand } from '../../src/client/command-outcome.ts';
import { createWebClient, type WebClient } from '../../src/client/web-client.ts';
import { isTerminal } from '../../src/protocol/task-state.ts';
import type { LogEntry } from '../../src/protocol/ui/log-entry.ts';
import type { BrowserStart, FromBrowser, SeenLine, ToBrowser } from './browser-messages.ts';

const ANSWER_DEADLINE_MS = 8 * 3_600_000;

let client: WebClient | undefined;
let place: BrowserStart | undefined;
const answered = new Set<string>();

const tell = (message: FromBrowser): void => {
  if (process.connected) process.send?.(message);
};

process.on('message', (message: ToBrowser) => {
  if (message.type === 'start') return start(message.start, message.follow);
  if (!client || !place) throw new Error('It was not started.');
  if (message.type === 'wake') return client.wake();
  if (message.type === 'launch') return launch(client, place, message);
  tell({ type: 'sent', key: message.key, taskId: message.taskId });
  report(message.key, client.cancelTask(message.taskId, place.bridgeId));
});
process.on('disconnect', () => process.exit(0));

function start(options: BrowserStart, follow: readonly string[]): void {
  const identity = readDevice(options.deviceFile);
  if (!identity) throw new Error(`There is no device in ${options.deviceFile}.`);
  mkdirSync(options.seenFolder, { recursive: true });
  place = options;
  const storage = createFileStore(path.join(path.dirname(options.deviceFile), 'browser-state.json'));
  client = createWebClient({ origin: options.origin, identity, storage });
  client.start();
  for (const taskId of follow) followTask(client, options, taskId);
  tell({ type: 'ready' });
}

function launch(from: WebClient, at: BrowserStart, { key, provider, program }: ToBrowser & { type: 'launch' }): void {
  const launched = from.launchTask({
    bridgeId: at.bridgeId,
    title: `Task ${key}`,
    instructions: 'Print lines, or ask.',
    provider,
    workspace: 'work',
    settings: program === undefined ? {} : { program },
  });
  tell({ type: 'sent', key, taskId: launched.taskId });
  report(key, launched);
  followTask(from, at, launched.taskId);
}

function report(key: number, { accepted, outcome }: Pick<SentCommand, 'accepted' | 'outcome'>): void {
  void accepted.then((result) => result.ok && tell({ type: 'accepted', key }));
  void outcome.then((value) => tell({ type: 'outcome', key, outcome: value }));
}

function followTask(from: WebClient, { bridgeId, seenFolder }: BrowserStart, taskId: string): void {
  const file = openSync(path.join(seenFolder, `${taskId}.ndjson`), 'a');
  const log = from.openTask(taskId, bridgeId);
  let hasEnded = false;
  log.onDidChange((change) => {
    if (change.kind === 'caught_up') return;
    const entries = change.kind === 'appended' ? change.entries : log.entries;
    const lines: SeenLine[] = change.kind === 'replaced' ? [{ kind: 'restart' }, ...entries] : [...entries];
    writeAll(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    for (const entry of entries) answer(from, bridgeId, taskId, entry);
    const end = entries.findLast(isEnd);
    if (!end || hasEnded) return;
    hasEnded = true;
    if (end.kind === 'record' && end.record.type === 'task_state')
      tell({ type: 'ended', taskId, state: end.record.state });
  });
}

function answer(from: WebClient, bridgeId: string, taskId: string, entry: LogEntry): void {
  if (entry.kind !== 'record' || entry.record.type !== 'approval_requested') return;
  const { approvalId, sha256 } = entry.record;
  if (answered.has(approvalId)) return;
  answered.add(approvalId);
  const body = { taskId, approvalId, sha256, decision: 'allow' };
  from.send(bridgeId, 'approval_answer', body, { taskId, deadlineMs: ANSWER_DEADLINE_MS });
}

function isEnd(entry: LogEntry): boolean {
  return entry.kind === 'record' && entry.record.type === 'task_state' && isTerminal(entry.record.state);
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
