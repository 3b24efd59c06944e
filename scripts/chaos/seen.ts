/** Compares what a life of the browser-side process saw of one task with what the agent wrote. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import type { SeenLine } from './browser-messages.ts';

type Output = 'stdout' | 'stderr';

export interface SeenCounts {
  records: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Lines that an `output_gap` accounts for. */
  gapped: number;
  /** The first place where the text is another than the agent's. */
  difference?: string;
}

export function readSeen(file: string): readonly TaskRecord[] {
  if (!existsSync(file)) return [];
  // What follows the last line end was cut off by a kill.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const seen = lines.map((line) => JSON.parse(line) as SeenLine);
  const restart = seen.findLastIndex((line) => line.kind === 'restart');
  return seen.slice(restart + 1).flatMap((line) => (line.kind === 'record' ? [line.record] : []));
}

/** `whole`: nothing may be missing at the end either. */
export function compare(records: readonly TaskRecord[], taskFolder: string, extent: 'whole' | 'beginning'): SeenCounts {
  const counts = countNumbers(records);
  if (extent === 'whole')
    counts.lost += Math.max(0, journalEnd(taskFolder) - Math.max(0, ...records.map(({ n }) => n)));
  for (const output of ['stdout', 'stderr'] as const) {
    const raw = readRaw(path.join(taskFolder, 'log', `${output}.log`));
    compareOutput(records, output, raw, counts, extent);
  }
  return counts;
}

function countNumbers(records: readonly TaskRecord[]): SeenCounts {
  const seen = new Set<number>();
  const counts: SeenCounts = { records: 0, lost: 0, duplicated: 0, reordered: 0, gapped: 0 };
  let last = 0;
  for (const { n } of records) {
    if (seen.has(n)) counts.duplicated++;
    else if (n < last) counts.reordered++;
    seen.add(n);
    last = Math.max(last, n);
  }
  counts.records = seen.size;
  counts.lost = last - seen.size;
  return counts;
}

/**
 * All text against the raw log, as a reader of UTF-8 sees it: a kill can leave half a character at its end. Where that
 * fails, by the numbers of the lines.
 */
function compareOutput(
  records: readonly TaskRecord[],
  output: Output,
  raw: Buffer,
  counts: SeenCounts,
  extent: 'whole' | 'beginning',
): void {
  let shown = '';
  let printed = '';
  let start = 0;
  let sinceGap = '';
  for (const record of records) {
    if (record.type === 'output_chunk' && record.stream === output) sinceGap += record.text;
    else if (record.type === 'output_gap' && (record.stream ?? 'stdout') === output) {
      shown += `${sinceGap}\n`;
      printed += `${raw.toString('utf8', start, record.from)}\n`;
      counts.gapped += linesIn(raw.subarray(record.from, record.to));
      start = record.to;
      sinceGap = '';
    }
  }
  shown += sinceGap;
  const rest = raw.toString('utf8', start);
  const tail = extent === 'whole' ? rest : rest.slice(0, sinceGap.length);
  printed += tail;
  // What an agent of a protocol prints is read, not shown.
  const isProtocol = records.some((record) => record.type === 'task_state' && record.provider === 'asking');
  if (isProtocol || shown === printed) return;
  counts.difference ??= differenceOf(shown, printed);
  countLines(shown, raw.toString('utf8', 0, start) + tail, counts);
}

function differenceOf(shown: string, printed: string): string {
  let at = 0;
  while (at < shown.length && shown[at] === printed[at]) at++;
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 40), at + 40));
  return `at ${at} of ${printed.length}: ${around(shown)} instead of ${around(printed)}`;
}

function countLines(text: string, raw: string, counts: SeenCounts): void {
  const before = counts.lost + counts.duplicated + counts.reordered;
  const seen = new Set<number>();
  let last = 0;
  for (const number of numbersIn(text)) {
    if (seen.has(number)) counts.duplicated++;
    else if (number < last) counts.reordered++;
    seen.add(number);
    last = Math.max(last, number);
  }
  counts.lost += Math.max(0, numbersIn(raw).filter((number) => !seen.has(number)).length - counts.gapped);
  // The numbers are all there, so it is the text of a line that was lost.
  if (counts.lost + counts.duplicated + counts.reordered === before) counts.lost++;
}

function numbersIn(text: string): readonly number[] {
  return text.split('\n').flatMap((line) => {
    const number = Number.parseInt(line, 10);
    return Number.isNaN(number) ? [] : [number];
  });
}

function linesIn(bytes: Buffer): number {
  return bytes.toString().split('\n').length - 1;
}

function journalEnd(taskFolder: string): number {
  const lines = readRaw(path.join(taskFolder, 'log', 'journal.ndjson'))
    .toString()
    .split('\n')
    .slice(0, -1);
  return lines.length;
}

function readRaw(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}
