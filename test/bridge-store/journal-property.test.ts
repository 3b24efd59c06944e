/**
 * Random appends, flushes, crashes, acknowledgements and reads against a model: the records that were appended. After a
 * crash the file keeps everything up to the last durable write and a random part of what was written after it.
 */
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFaultDisk } from './support/fault-file.ts';
import { makeTempDir, openStore, recordsOf, text } from './support/fixtures.ts';

type Step =
  | { readonly do: 'append'; readonly sizes: readonly number[] }
  | { readonly do: 'flush' | 'turn' }
  | { readonly do: 'read'; readonly at: number; readonly maxBytes: number; readonly maxRecords: number }
  | { readonly do: 'acknowledge'; readonly at: number }
  | { readonly do: 'crash'; readonly keep: number };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      sizes: fc.array(fc.nat(9_000), { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'turn' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      at: fraction,
      maxBytes: fc.integer({ min: 1, max: 20_000 }),
      maxRecords: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), at: fraction }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), keep: fraction }) },
);

const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`reads at any cursor and limit give consecutive correct records, whatever crashes (FC_SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const world = await World.create();
      try {
        for (const each of steps) await world.run(each);
        await world.run({ do: 'flush' });
        await world.readEverything();
      } finally {
        await world.close();
      }
    }),
    { seed, numRuns: 60 },
  );
}, 120_000);

class World {
  readonly #dir = makeTempDir();
  readonly #path = join(this.#dir, 't1.ndjson');
  readonly #disk = createFaultDisk();
  /** What was appended, by number from 1. After a crash, cut to what was recovered. */
  #words: string[] = [];
  /** Promised durable by a flush. */
  #promised = 0;
  #store!: Awaited<ReturnType<typeof openStore>>;
  #journal!: Awaited<ReturnType<typeof this.open>>;
  #epoch = '';
  #acked = 0;

  static async create(): Promise<World> {
    const world = new World();
    world.#journal = await world.open();
    world.#epoch = world.#end().epoch;
    return world;
  }

  async open() {
    this.#store = await openStore(this.#dir, { openFile: this.#disk.open });
    return this.#store.log.openTaskJournal('t1', this.#path);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        for (const size of step.sizes) this.#append(size);
        break;
      case 'flush':
        await this.#journal.flush();
        this.#promised = this.#words.length;
        break;
      case 'turn':
        await new Promise((resolve) => setImmediate(resolve));
        break;
      case 'read':
        await this.#read(Math.floor(step.at * (this.#end().end + 1)), step);
        break;
      case 'acknowledge':
        this.#acknowledge(Math.floor(step.at * (this.#end().end + 1)));
        break;
      case 'crash':
        await this.#crash(step.keep);
        break;
    }
  }

  async readEverything(): Promise<void> {
    for (let cursor = 0; cursor < this.#words.length; )
      cursor = await this.#read(cursor, { maxBytes: 16_384, maxRecords: 256 });
  }

  #end() {
    const found = this.#store.log.streams().find(({ stream }) => stream === 'task:t1');
    if (!found) throw new Error('the stream is not announced');
    return found;
  }

  #append(size: number): void {
    const words = `${this.#words.length + 1}:${'é"\n'.repeat(size / 4)}`;
    expect(this.#journal.append({ ...text(words), rawOffset: this.#words.length + 1 })).toBe(this.#words.length + 1);
    this.#words.push(words);
  }

  async #read(after: number, limits: { maxBytes: number; maxRecords: number }): Promise<number> {
    const { end, epoch } = this.#end();
    const segment = await this.#store.log.read('task:t1', after, limits);
    if (after >= end) {
      // More may have become durable while this was asked.
      if (segment === undefined) return after;
    }
    if (!segment) throw new Error(`nothing after ${after} of ${end}`);
    const records = recordsOf(segment);
    expect([segment.first, segment.last - segment.first + 1, segment.epoch]).toEqual([
      after + 1,
      records.length,
      epoch,
    ]);
    expect(records.length).toBeLessThanOrEqual(limits.maxRecords);
    for (const [index, { n, content }] of records.entries()) {
      expect(n).toBe(after + 1 + index);
      expect(content).toEqual({ type: 'text', text: this.#words[after + index] });
    }
    return segment.last;
  }

  #acknowledge(cursor: number): void {
    this.#store.log.acknowledge('task:t1', this.#epoch, cursor);
    this.#acked = Math.max(this.#acked, cursor);
    expect(this.#store.log.acknowledged('task:t1')).toBe(this.#acked);
    expect(this.#store.log.queueDepth().records).toBe(this.#end().end - this.#acked);
  }

  async #crash(keep: number): Promise<void> {
    const safeBytes = this.#disk.durableBytes.get(this.#path) ?? 0;
    const durable = this.#end().end;
    // The old engine is gone: whatever it still writes must not reach the file, so it is let finish first.
    this.#store.state.dispose();
    await this.#journal.flush().catch(() => undefined);
    const written = statSync(this.#path).size;
    truncateSync(this.#path, Math.max(safeBytes, Math.floor(safeBytes + keep * (written - safeBytes))));
    this.#journal = await this.open();
    expect(this.#journal.end).toBeGreaterThanOrEqual(Math.max(durable, this.#promised));
    expect(this.#journal.rawOffset).toBe(this.#journal.end);
    expect(this.#end().epoch).toBe(this.#epoch);
    this.#words = this.#words.slice(0, this.#journal.end);
    this.#promised = this.#journal.end;
    this.#acked = this.#store.log.acknowledged('task:t1');
  }
}
