import { assertNever } from '../base/assert-never.ts';
import type { ProviderStatus } from '../protocol/records/bridge-records.ts';
import type { Connection, Snapshot, TaskSummary } from '../protocol/ui/snapshot.ts';

/** The connection in one line of plain words. */
export function connectionWords(connection: Connection, nowMs: number): string {
  switch (connection.state) {
    case 'unpaired':
      return 'Not paired. Make a link in the web app ("Add a machine"), then run: ctrlnode bridge pair <link>';
    case 'paused':
      return connection.until === null
        ? 'Paused until resumed (ctrlnode bridge resume)'
        : `Paused until ${clockTime(connection.until)}`;
    case 'connecting':
      return 'Connecting';
    case 'online':
      return connection.rttMs === null
        ? 'Online'
        : `Online, round trip ${Math.round(connection.rttMs)} ms, answered ${ago(connection.lastAnswerAt, nowMs)}`;
    case 'offline': {
      const seconds = Math.max(0, Math.ceil((connection.nextAttemptAt - nowMs) / 1000));
      return `Offline since ${clockTime(connection.since)}: ${connection.problem} Next attempt in ${seconds} s`;
    }
    case 'stopped':
      return 'Stopped';
    default:
      return assertNever(connection, 'connection');
  }
}

export function queueWords({ records, bytes }: Snapshot['queue']): string {
  if (records === 0) return 'nothing waits to be sent';
  return `${records.toLocaleString('en')} ${records === 1 ? 'record' : 'records'}, ${sizeWords(bytes)} waiting to be sent`;
}

/** What was found, then what is wrong or what it can do. */
export function providerLines(provider: ProviderStatus): string[] {
  const { name, version, foundAt, problem, models = [], capabilities = [], programs = [] } = provider;
  const found = provider.isInstalled ? (version ?? 'installed') : 'not installed';
  return [
    [name, found, ...(foundAt ? [foundAt] : [])].join('  '),
    ...(problem ? [problem] : []),
    ...(programs.length > 0 ? [`Programs: ${programs.join(', ')}`] : []),
    ...(capabilities.length > 0 ? [`Offers: ${capabilities.join(', ')}`] : []),
    ...(models.length > 0 ? [`Models: ${firstOf(models, MODELS_SHOWN)}`] : []),
  ];
}
const MODELS_SHOWN = 6;

function firstOf(names: readonly string[], count: number): string {
  const more = names.length - count;
  return more > 0 ? `${names.slice(0, count).join(', ')} and ${more} more` : names.join(', ');
}

const STATE_WORDS: Readonly<Record<TaskSummary['state'], string>> = {
  queued: 'Queued',
  preparing: 'Preparing',
  running: 'Running',
  waiting: 'Waiting for you',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
};

export function taskStateWords(task: TaskSummary): string {
  const end = task.reason ? `${STATE_WORDS[task.state]}: ${task.reason.message}` : STATE_WORDS[task.state];
  return task.filesRemovedAt === null
    ? end
    : `${end} (files removed ${new Date(task.filesRemovedAt).toISOString().slice(0, 10)})`;
}

export function sizeWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

function ago(at: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - at) / 1000));
  return seconds < 90 ? `${seconds} s ago` : `${Math.round(seconds / 60)} m ago`;
}
