import { type Clock, sleep } from '../../../src/base/clock.ts';
import { Emitter } from '../../../src/base/emitter.ts';
import type { ReadLimits, Segment, SegmentLog, StreamEnd } from '../../../src/channel/ports.ts';
import { bodyOf } from './records-body.ts';

interface LogState {
  readonly epoch: string;
  readonly records: readonly string[];
  /** Records from here on are lost in a crash. */
  readonly durable: number;
  readonly acknowledged: number;
  readonly isLive: boolean;
}

export interface MemoryLogOptions {
  readonly clock: Clock;
  readonly newEpoch: () => string;
  readonly readDelayMs?: () => number;
  /** Makes segments smaller than asked for. */
  readonly recordsPerRead?: () => number;
}

/** A sender's log whose records survive a crash once flushed, and that can be set back to an older state. */
export class MemoryLog implements SegmentLog {
  readonly #options: MemoryLogOptions;
  readonly #didAppend = new Emitter<string>();
  #streams = new Map<string, LogState>();
  reads = 0;
  renewals = 0;
  readFailure: Error | undefined;

  readonly onDidAppend = this.#didAppend.event;

  constructor(options: MemoryLogOptions) {
    this.#options = options;
  }

  append(stream: string, records: readonly string[]): void {
    const state = this.#streams.get(stream) ?? this.#create();
    if (state.isLive) this.#streams.set(stream, { ...state, records: [...state.records, ...records] });
  }

  flush(): void {
    for (const [stream, state] of this.#streams) {
      if (state.durable === state.records.length) continue;
      this.#streams.set(stream, { ...state, durable: state.records.length });
      this.#didAppend.fire(stream);
    }
  }

  write(stream: string, ...records: string[]): void {
    this.append(stream, records);
    this.flush();
  }

  /** The stream will never grow again. */
  finish(stream: string): void {
    this.#edit(stream, { isLive: false });
  }

  crash(): void {
    for (const [stream, state] of this.#streams) {
      this.#edit(stream, { records: state.records.slice(0, state.durable) });
    }
  }

  backUp(): ReadonlyMap<string, LogState> {
    return new Map(
      [...this.#streams].map(([name, state]) => [name, { ...state, records: state.records.slice(0, state.durable) }]),
    );
  }

  restore(backup: ReadonlyMap<string, LogState>): void {
    this.#streams = new Map(backup);
  }

  state(stream: string): LogState | undefined {
    return this.#streams.get(stream);
  }

  names(): string[] {
    return [...this.#streams.keys()];
  }

  streams(): StreamEnd[] {
    return [...this.#streams]
      .filter(([, state]) => state.isLive || state.acknowledged < state.durable)
      .map(([stream, state]) => ({ stream, epoch: state.epoch, end: state.durable }));
  }

  async read(stream: string, after: number, limits: ReadLimits): Promise<Segment | undefined> {
    this.reads++;
    const delayMs = this.#options.readDelayMs?.() ?? 0;
    const before = this.#streams.get(stream);
    if (delayMs > 0) await sleep(this.#options.clock, delayMs);
    if (this.readFailure) throw this.readFailure;
    // A read that takes time may or may not see what changes meanwhile.
    const state = delayMs % 2 === 0 ? this.#streams.get(stream) : before;
    if (!state || state.durable <= after) return undefined;
    return segmentOf(stream, state, after, { ...limits, maxRecords: this.#recordsPerRead(limits) });
  }

  acknowledge(stream: string, epoch: string, cursor: number): void {
    const state = this.#streams.get(stream);
    if (state?.epoch !== epoch) return;
    if (cursor <= state.acknowledged) throw new Error(`${stream} acknowledged backwards`);
    if (cursor > state.durable) throw new Error(`${stream} acknowledged beyond its end`);
    this.#edit(stream, { acknowledged: cursor });
  }

  acknowledged(stream: string): number {
    return this.#streams.get(stream)?.acknowledged ?? 0;
  }

  renew(stream: string): StreamEnd {
    this.renewals++;
    this.#edit(stream, { epoch: this.#options.newEpoch(), acknowledged: 0 });
    const { epoch, durable } = this.#streams.get(stream) as LogState;
    return { stream, epoch, end: durable };
  }

  #create(): LogState {
    return { epoch: this.#options.newEpoch(), records: [], durable: 0, acknowledged: 0, isLive: true };
  }

  #recordsPerRead(limits: ReadLimits): number {
    return Math.min(limits.maxRecords, this.#options.recordsPerRead?.() ?? limits.maxRecords);
  }

  #edit(stream: string, change: Partial<LogState>): void {
    const state = this.#streams.get(stream);
    if (state) this.#streams.set(stream, { ...state, ...change });
  }
}

function segmentOf(stream: string, state: LogState, after: number, limits: ReadLimits): Segment {
  const records: string[] = [];
  let bytes = 0;
  for (const record of state.records.slice(after, state.durable)) {
    bytes += record.length;
    if (records.length > 0 && (bytes > limits.maxBytes || records.length >= limits.maxRecords)) break;
    records.push(record);
  }
  return {
    stream,
    epoch: state.epoch,
    first: after + 1,
    last: after + records.length,
    header: '{}',
    body: bodyOf(records),
  };
}
