import { toBase64 } from '../../base/base64.ts';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { CodedError } from '../../base/errors.ts';
import type { ReadLimits, SegmentLog } from '../../channel/ports.ts';
import { COMMANDS_STREAM } from '../../protocol/names.ts';
import type { Segment, StreamEnd } from '../../protocol/wire/frames.ts';
import {
  acknowledgeCommands,
  type CommandRecord,
  type CommandStreamState,
  loadCommandStream,
  measureCommands,
  readCommands,
  renewCommandStream,
} from '../store/command-stream.ts';
import type { Database } from '../store/database.ts';
import { createEpoch } from '../store/identifiers.ts';

export interface CommandLogOptions {
  readonly db: Database;
  readonly bridgeId: string;
  readonly state: CommandStreamState;
  /** The database failed behind a call that cannot say so; the link has to end. */
  readonly onFailure: (error: unknown) => void;
}

/** The commands of one bridge as a durable log, for as long as one link. The rows are the truth; this follows them. */
export class CommandLog implements SegmentLog {
  readonly #options: CommandLogOptions;
  readonly #appended = new Emitter<string>();
  readonly onDidAppend = this.#appended.event;
  #state: CommandStreamState;
  /** Writes that `acknowledge` and `renew` began; each waits for the one before. */
  #writes: Promise<void> = Promise.resolve();
  #isAckQueued = false;

  constructor(options: CommandLogOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  streams(): readonly StreamEnd[] {
    return [{ stream: COMMANDS_STREAM, epoch: this.#state.epoch, end: this.#state.end }];
  }

  acknowledged(): number {
    return this.#state.acked;
  }

  /** New rows were committed. */
  didAppend(end: number): void {
    if (end <= this.#state.end) return;
    this.#state = { ...this.#state, end };
    this.#appended.fire(COMMANDS_STREAM);
  }

  /** Notices what was committed while nobody listened yet. */
  async refresh(): Promise<void> {
    const stored = await loadCommandStream(this.#options.db, this.#options.bridgeId);
    if (stored?.epoch === this.#state.epoch) this.didAppend(stored.end);
  }

  async read(stream: string, after: number, limits: ReadLimits): Promise<Segment | undefined> {
    if (stream !== COMMANDS_STREAM || after >= this.#state.end) return undefined;
    await this.#writes;
    const { db, bridgeId } = this.#options;
    const { epoch } = this.#state;
    const sizes = await measureCommands(db, { bridgeId, epoch }, after, limits.maxRecords);
    const last = lastWithin(sizes, limits.maxBytes);
    const rows = last === undefined ? [] : await readCommands(db, { bridgeId, epoch }, after, last);
    return rows.length === 0 ? undefined : toSegment(rows, epoch);
  }

  acknowledge(stream: string, epoch: string, cursor: number): void {
    if (stream !== COMMANDS_STREAM || epoch !== this.#state.epoch || cursor <= this.#state.acked) return;
    this.#state = { ...this.#state, acked: cursor };
    if (this.#isAckQueued) return;
    this.#isAckQueued = true;
    this.#write(async () => {
      this.#isAckQueued = false;
      const { db, bridgeId } = this.#options;
      await acknowledgeCommands(db, { bridgeId, epoch: this.#state.epoch }, this.#state.acked);
    });
  }

  renew(): StreamEnd {
    const before = this.#state.epoch;
    const epoch = createEpoch();
    this.#state = { ...this.#state, epoch, acked: 0 };
    this.#write(async () => {
      const { db, bridgeId } = this.#options;
      if (await renewCommandStream(db, { bridgeId, epoch: before }, epoch)) return;
      throw new CodedError('link_superseded', 'Another connection of this bridge has renewed its stream of commands.');
    });
    return { stream: COMMANDS_STREAM, epoch, end: this.#state.end };
  }

  /** Resolves when everything that was begun is written. */
  idle(): Promise<void> {
    return this.#writes;
  }

  #write(write: () => Promise<void>): void {
    this.#writes = this.#writes.then(write);
    drop(this.#writes, this.#options.onFailure);
  }
}

function lastWithin(sizes: readonly { number: number; bytes: number }[], maxBytes: number): number | undefined {
  let total = 0;
  let last = sizes[0]?.number;
  for (const { number, bytes } of sizes) {
    total += bytes;
    if (total > maxBytes) break;
    last = number;
  }
  return last;
}

function toSegment(rows: readonly CommandRecord[], epoch: string): Segment {
  const first = rows[0] as CommandRecord;
  const last = rows.at(-1) as CommandRecord;
  // Put together as text: what a device signed is never parsed and written anew.
  const text = `[${rows.map((row) => row.envelope).join(',')}]`;
  const bytes = new TextEncoder().encode(text);
  return {
    stream: COMMANDS_STREAM,
    epoch,
    first: first.number,
    last: last.number,
    header: JSON.stringify({ at: [first.accepted_at, last.accepted_at], bytes: bytes.length }),
    body: toBase64(bytes),
  };
}
