import fc from 'fast-check';
import { describe, it } from 'vitest';
import { createOutgoingStream } from '../../src/channel/outgoing-stream.ts';
import { ReadyQueue } from '../../src/channel/ready-queue.ts';

const edit = fc.record({ index: fc.nat(19), bytes: fc.nat(5), do: fc.constantFrom('add', 'remove', 'change') });

describe('the ready queue', () => {
  it('always has a stream with the least in flight first, and among equals the one that waits longest', () => {
    const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.info(`FC_SEED=${seed}`);
    fc.assert(fc.property(fc.array(edit, { maxLength: 200, size: 'max' }), agreesWithSorting), { seed, numRuns: 300 });
  });
});

function agreesWithSorting(edits: { index: number; bytes: number; do: string }[]): boolean {
  const queue = new ReadyQueue();
  const streams = Array.from({ length: 20 }, (_, index) =>
    createOutgoingStream({ stream: `task:${index}`, epoch: undefined, cursor: 0, floor: 0 }),
  );
  const waiting = new Set<(typeof streams)[number]>();
  return edits.every((each) => {
    const stream = streams[each.index] as (typeof streams)[number];
    if (each.do === 'add') {
      queue.add(stream);
      waiting.add(stream);
    } else if (each.do === 'remove') {
      queue.remove(stream);
      waiting.delete(stream);
    } else {
      stream.inFlightBytes = each.bytes;
      queue.update(stream);
    }
    const [first] = [...waiting].sort((a, b) => a.inFlightBytes - b.inFlightBytes || a.turn - b.turn);
    return queue.peek() === first;
  });
}
