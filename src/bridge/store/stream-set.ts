import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { messageOf } from '../../base/errors.ts';
import { BRIDGE_STREAM } from '../../protocol/names.ts';
import type { Logger } from '../ports.ts';
import type { StateDatabase } from './state-database.ts';
import { StreamState } from './stream-state.ts';
import { createStreamTable, type StoredStream } from './stream-table.ts';

/** Below the protocol's limit of streams in one hello; the rest follow one by one as others are done. */
const ANNOUNCED_MAX = 4_900;
const CHECKPOINT_MS = 1_000;

/**
 * The streams that still matter: unfinished ones, and finished ones that the peer does not have whole. All others are
 * rows only. Changes are written together at most once in CHECKPOINT_MS; losing some costs a scan, never a record.
 */
export class StreamSet {
  readonly #state: StateDatabase;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #table;
  readonly #active = new Map<string, StreamState>();
  readonly #dirty = new Set<StreamState>();
  #queued = { records: 0, bytes: 0 };
  #unannounced: string[] = [];
  #checkpoint: Disposable | undefined;

  constructor(options: { readonly state: StateDatabase; readonly clock: Clock; readonly logger: Logger }) {
    this.#state = options.state;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#table = createStreamTable(options.state.sql);
  }

  /** Kept up to date with every change, so that asking costs nothing. */
  get queued(): { readonly records: number; readonly bytes: number } {
    return this.#queued;
  }

  get active(): readonly StreamState[] {
    return [...this.#active.values()];
  }

  stored(): readonly StreamState[] {
    return this.#table.listActive().map((row) => new StreamState(row));
  }

  find(stream: string): StreamState | undefined {
    const active = this.#active.get(stream);
    if (active) return active;
    const row = this.#table.get(stream);
    return row && new StreamState(row);
  }

  findOrCreate(stream: string, path: string): StreamState {
    const active = this.#active.get(stream);
    if (active?.path === path) return active;
    // A task folder that was moved keeps its stream: the row is written anew with its path.
    return new StreamState({ ...(active?.toRow() ?? this.#table.get(stream) ?? emptyRow(stream)), path });
  }

  /** Most important first: the bridge's own stream (outcomes matter more than output), then what runs. */
  announced(): readonly StreamState[] {
    const states = this.active.filter((state) => !state.isDamaged && !state.isSettled);
    states.sort((a, b) => rankOf(a) - rankOf(b));
    this.#unannounced = states.slice(ANNOUNCED_MAX).map(({ stream }) => stream);
    return states.slice(0, ANNOUNCED_MAX);
  }

  /** A stream that no hello has named yet, for the room that a settled one left. */
  takeUnannounced(): string | undefined {
    return this.#unannounced.shift();
  }

  activate(state: StreamState): void {
    const replaced = this.#active.get(state.stream);
    if (replaced === state) return;
    if (replaced) this.#count(replaced, -1);
    this.#active.set(state.stream, state);
    this.#count(state, 1);
  }

  /** The one place where a stream's numbers change, so that their sum stays true. */
  change<T>(state: StreamState, edit: () => T): T {
    const isCounted = this.#active.get(state.stream) === state;
    if (isCounted) this.#count(state, -1);
    const result = edit();
    if (isCounted) this.#count(state, 1);
    return result;
  }

  /** Writes the row at once. */
  save(state: StreamState): void {
    this.#dirty.delete(state);
    this.#table.put(state.toRow());
  }

  saveSoon(state: StreamState): void {
    this.#dirty.add(state);
    this.#checkpoint ??= this.#clock.setTimeout(() => this.flush(), CHECKPOINT_MS);
  }

  /** Writes what changed, and forgets streams that are done. A failure is logged and tried again. */
  flush(): void {
    this.#checkpoint?.dispose();
    this.#checkpoint = undefined;
    const states = [...this.#dirty];
    if (states.length === 0) return;
    try {
      this.#state.laxTransaction(() => {
        for (const state of states) this.#table.put(state.toRow());
      });
    } catch (error) {
      this.#logger.error(
        { event: 'checkpoint_failed', problem: messageOf(error) },
        'Stream positions were not written',
      );
      this.#checkpoint = this.#clock.setTimeout(() => this.flush(), CHECKPOINT_MS);
      return;
    }
    this.#dirty.clear();
    for (const state of states) if (state.isSettled) this.#forget(state);
  }

  dispose(): void {
    this.flush();
    this.#checkpoint?.dispose();
  }

  #forget(state: StreamState): void {
    if (this.#active.get(state.stream) !== state) return;
    this.#count(state, -1);
    this.#active.delete(state.stream);
  }

  #count(state: StreamState, sign: 1 | -1): void {
    const { records, bytes } = state.queued;
    this.#queued = { records: this.#queued.records + sign * records, bytes: this.#queued.bytes + sign * bytes };
  }
}

/** Names one life of a log; see `epochSchema`. */
export function createEpoch(): string {
  return randomBytes(8).toString('hex');
}

function emptyRow(stream: string): Omit<StoredStream, 'path'> {
  const numbers = { end: 0, endOffset: 0, rawOffset: 0, acked: 0, ackedOffset: 0 };
  return { stream, epoch: createEpoch(), isFinished: false, ...numbers };
}

function rankOf(state: StreamState): number {
  if (state.stream === BRIDGE_STREAM) return 0;
  return state.isFinished ? 2 : 1;
}
