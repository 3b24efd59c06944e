/** What a reader of an agent's raw log would have journalled, for tests that cut the log anywhere. */
import type { AgentEvent, AgentReader } from '../../src/bridge/providers/provider.ts';
import { RecordMerger } from '../../src/bridge/tasks/record-merger.ts';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';

export function recordsOf(events: readonly AgentEvent[]): NewTaskRecord[] {
  return events.flatMap((event) => (event.kind === 'record' ? [event.record] : []));
}

export function kindsOf(events: readonly AgentEvent[]): string[] {
  return events.map((event) => (event.kind === 'record' ? event.record.type : event.kind));
}

/** What would be journalled if the log were read in pieces cut at these places. */
export function journalOf(
  reader: AgentReader,
  all: Buffer,
  accountedFor: number,
  cuts: readonly number[],
): NewTaskRecord[] {
  const records: NewTaskRecord[] = [];
  const merger = new RecordMerger({ append: (record) => records.push(record), accountedFor });
  const places = [0, ...cuts.toSorted((a, b) => a - b), all.length];
  const take = (events: readonly AgentEvent[]): void => {
    for (const event of events) if (event.kind === 'record') merger.add(event.record, event.at);
    merger.flush();
  };
  for (let at = 1; at < places.length; at++) take(reader.receive(all.subarray(places[at - 1], places[at])));
  take(reader.finish(null));
  return records;
}

/** Records with neighbouring text joined and places left out: how reads were cut does not matter to a person. */
export function meaningOf(records: readonly NewTaskRecord[]): unknown[] {
  const joined: { type: string; text?: string }[] = [];
  for (const { rawOffset: _, ...record } of records) {
    const text = record.type.endsWith('_chunk') && 'content' in record ? textOf(record.content) : undefined;
    const last = joined.at(-1);
    if (text !== undefined && last?.type === record.type) last.text = `${last.text}${text}`;
    else joined.push(text === undefined ? record : { type: record.type, text });
  }
  return joined;
}

function textOf(content: unknown): string {
  return (content as { text: string }).text;
}
