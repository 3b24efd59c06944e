import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Segment } from '../../src/protocol/wire/frames.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { createAccount, pairBridge } from './support/account.ts';
import { connect, type RawLink, segmentOf } from './support/link.ts';
import { openPage, type RawPage } from './support/page.ts';
import { startServer } from './support/server.ts';
import { waitFor } from './support/wait.ts';

const STREAM = 'task:t1';

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer(options);
  const account = await createAccount(server);
  const bridge = await pairBridge(server, account.owner);
  const link = await connect(server, bridge);
  const page = await openPage(server, account.owner);
  const subscribe = (subscriptionId: string, fields: { after: number | 'snapshot'; epoch?: string; stream?: string }) =>
    page.send({ type: 'subscribe', subscriptionId, bridgeId: bridge.deviceId, stream: STREAM, ...fields });
  return { server, account, bridge, link, page, subscribe };
}

async function store(link: RawLink, segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) link.segment(segment);
  const last = segments.at(-1);
  if (last) {
    const isDone = () => link.ofType('ack').some((ack) => ack.epoch === last.epoch && ack.cursor >= last.last);
    await waitFor(isDone, `ack of ${last.stream} ${last.last}`);
  }
}

test('history, then what comes, from the asked number on; a segment that holds it is sent whole', async () => {
  const { link, page, subscribe } = await start();
  await store(link, [segmentOf(STREAM, 'epochaaaa', [1, 4]), segmentOf(STREAM, 'epochaaaa', [5, 9])]);
  subscribe('all', { after: 0 });
  subscribe('middle', { after: 6, epoch: 'epochaaaa' });
  subscribe('end', { after: 9 });
  subscribe('ahead', { after: 12, epoch: 'epochaaaa' });
  subscribe('other epoch', { after: 6, epoch: 'epochzzzz' });
  for (const id of ['all', 'middle', 'end', 'ahead', 'other epoch']) {
    const caughtUp = await page.next('caught_up', (frame) => frame.subscriptionId === id);
    expect([caughtUp.epoch, caughtUp.cursor]).toEqual(['epochaaaa', 9]);
  }
  await store(link, [segmentOf(STREAM, 'epochaaaa', [10, 11]), segmentOf(STREAM, 'epochaaaa', [12, 14])]);
  await waitFor(() => page.numbersOf('ahead').length === 1, 'the last');
  expect(page.numbersOf('all')).toEqual(['1-4', '5-9', '10-11', '12-14']);
  expect(page.numbersOf('middle')).toEqual(['5-9', '10-11', '12-14']);
  expect(page.numbersOf('end')).toEqual(['10-11', '12-14']);
  expect(page.numbersOf('ahead')).toEqual(['12-14']);
  expect(page.numbersOf('other epoch')).toEqual(['1-4', '5-9', '10-11', '12-14']);
});

test('small and large segments reach every page whole, each under its own id, from history and live', async () => {
  const { server, account, link, page, subscribe, bridge } = await start();
  const other = await openPage(server, account.owner);
  other.send({ type: 'subscribe', subscriptionId: 'ü"', bridgeId: bridge.deviceId, stream: STREAM, after: 0 });
  subscribe('s1', { after: 0 });
  const sizes = [10, 12_000, 12_300, 40_000, 20, 48_000];
  const segments = sizes.map((size, at) =>
    segmentOf(STREAM, 'epochaaaa', [at + 1, at + 1], {}, String(at).repeat(size)),
  );
  await store(link, segments.slice(0, 3));
  await store(link, segments.slice(3));
  const late = await openPage(server, account.owner);
  late.send({ type: 'subscribe', subscriptionId: 's1', bridgeId: bridge.deviceId, stream: STREAM, after: 0 });
  for (const [reader, id] of [
    [page, 's1'],
    [other, 'ü"'],
    [late, 's1'],
  ] as const) {
    await waitFor(() => reader.numbersOf(id).length === sizes.length, 'all segments');
    expect(reader.ofType('segment').map(({ subscriptionId, segment }) => [subscriptionId, segment])).toEqual(
      segments.map((segment) => [id, segment]),
    );
  }
});

test('output is shown before its commit', async () => {
  const clock = new VirtualClock();
  const { link, page, subscribe } = await start({ clock });
  await store(link, [segmentOf(STREAM, 'epochaaaa', [1, 1])]);
  subscribe('s', { after: 1 });
  await page.next('caught_up');
  // A commit was just made, so the next is some milliseconds away, and this clock stands.
  link.segment(segmentOf(STREAM, 'epochaaaa', [2, 2]));
  await waitFor(() => page.numbersOf('s').length === 1, 'the segment');
  expect(link.ofType('ack').some(({ cursor }) => cursor === 2)).toBe(false);
  await clock.advance(5);
  await link.ack(STREAM, 2);
  expect(page.numbersOf('s')).toEqual(['2-2']);
});

test('a stream that does not exist yet is empty, and begins when it begins', async () => {
  const { link, page, subscribe } = await start();
  subscribe('s', { after: 0 });
  expect(await page.next('caught_up')).toMatchObject({ epoch: null, cursor: 0 });
  await store(link, [segmentOf(STREAM, 'epochaaaa', [1, 2])]);
  await waitFor(() => page.numbersOf('s').length === 1, 'the segment');
});

test('the snapshot is where a reader of a stream may begin', async () => {
  const { link, page, subscribe } = await start();
  await store(link, [
    segmentOf('bridge', 'epochaaaa', [1, 4], { snapshotAt: 1 }),
    segmentOf('bridge', 'epochaaaa', [5, 9], { snapshotAt: 7 }),
    segmentOf('bridge', 'epochaaaa', [10, 12]),
    segmentOf('bridge', 'epochaaaa', [13, 13], { snapshotAt: 99 }),
  ]);
  subscribe('bridge', { after: 'snapshot', stream: 'bridge' });
  subscribe('task', { after: 'snapshot' });
  await page.next('caught_up', (frame) => frame.subscriptionId === 'bridge');
  expect(page.numbersOf('bridge')).toEqual(['5-9', '10-12', '13-13']);
  expect(await page.next('caught_up', (frame) => frame.subscriptionId === 'task')).toMatchObject({ epoch: null });
});

test('what is far before the newest snapshot of a bridge is deleted', async () => {
  const { link, page, subscribe } = await start();
  await store(link, [
    segmentOf('bridge', 'epochaaaa', [1, 4_000], { snapshotAt: 1 }),
    segmentOf('bridge', 'epochaaaa', [4_001, 6_000]),
    segmentOf('bridge', 'epochaaaa', [6_001, 9_500], { snapshotAt: 9_300 }),
  ]);
  subscribe('s', { after: 0, stream: 'bridge' });
  await page.next('caught_up');
  expect(page.numbersOf('s')).toEqual(['4001-6000', '6001-9500']);
});

test('a new epoch is sent from its beginning to those who follow', async () => {
  const { link, page, subscribe } = await start();
  await store(link, [segmentOf(STREAM, 'epochaaaa', [1, 9])]);
  subscribe('s', { after: 0 });
  await page.next('caught_up');
  await store(link, [segmentOf(STREAM, 'epochbbbb', [1, 2]), segmentOf(STREAM, 'epochbbbb', [3, 20])]);
  await waitFor(() => page.numbersOf('s').length === 3, 'the new epoch');
  expect(page.ofType('segment').map(({ segment }) => `${segment.epoch} ${segment.first}`)).toEqual([
    'epochaaaa 1',
    'epochbbbb 1',
    'epochbbbb 3',
  ]);
});

test('an unsubscribed stream is silent; ids are taken once; a machine of nobody is refused', async () => {
  const { link, page, subscribe } = await start();
  subscribe('s', { after: 0 });
  await page.next('caught_up');
  subscribe('s', { after: 0 });
  await page.next('error', (frame) => frame.code === 'subscription_exists');
  page.send({ type: 'unsubscribe', subscriptionId: 's' });
  page.send({ type: 'subscribe', subscriptionId: 'x', bridgeId: 'nobody', stream: STREAM, after: 0 });
  await page.next('error', (frame) => frame.code === 'bridge_unknown');
  await store(link, [segmentOf(STREAM, 'epochaaaa', [1, 2])]);
  subscribe('s', { after: 0 });
  await waitFor(() => page.numbersOf('s').length === 1, 'the segment');
  for (let at = 0; at < 200; at++) subscribe(`many-${at}`, { after: 0 });
  await page.next('error', (frame) => frame.code === 'too_many_subscriptions');
});

/** One look at the stream: when it begins and ends in the flow of segments, and how far behind its end. */
interface Look {
  readonly from: number;
  readonly until: number;
  readonly behind: number;
}

const SEGMENTS = 150;
const looks = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: SEGMENTS - 1 }),
    until: fc.integer({ min: 0, max: SEGMENTS - 1 }),
    // Below zero: what the page has is more than the server got so far.
    behind: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.nat(SEGMENTS)),
  }),
  { minLength: 4, maxLength: 20 },
);
const steps = fc.array(fc.record({ size: fc.integer({ min: 1, max: 5 }), turns: fc.integer({ min: 0, max: 2 }) }), {
  minLength: SEGMENTS,
  maxLength: SEGMENTS,
});

test('a stream at full speed has no gap and no repeat, whenever a page looks in', async () => {
  const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
  console.log(`subscriptions: FC_SEED=${seed}`);
  const { link, page, bridge } = await start();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(looks, steps, async (all, flow) => {
      run += 1;
      await lookIn(link, page, bridge.deviceId, { run, looks: all, flow });
    }),
    { numRuns: 25, seed, interruptAfterTimeLimit: 30_000 },
  );
}, 90_000);

interface Run {
  readonly run: number;
  readonly looks: readonly Look[];
  readonly flow: readonly { readonly size: number; readonly turns: number }[];
}

async function lookIn(link: RawLink, page: RawPage, bridgeId: string, { run, looks, flow }: Run): Promise<void> {
  const stream = `task:run-${run}`;
  const epoch = `epochrun${run}`;
  const idOf = (look: Look) => `${run}/${looks.indexOf(look)}`;
  const afters = new Map<Look, number>();
  // Nothing of the runs before matters; looking through it takes time.
  page.frames.length = 0;
  link.frames.length = 0;
  let end = 0;
  for (const [at, { size, turns }] of flow.entries()) {
    for (const look of looks.filter((one) => one.from === at)) {
      const after = Math.max(0, end - look.behind);
      afters.set(look, after);
      page.send({ type: 'subscribe', subscriptionId: idOf(look), bridgeId, stream, after, epoch });
    }
    for (const look of looks.filter((one) => one.until === at && one.until > one.from)) {
      page.send({ type: 'unsubscribe', subscriptionId: idOf(look) });
    }
    link.segment(segmentOf(stream, epoch, [end + 1, end + size]));
    end += size;
    // Turns of the event loop at odd moments, so that commits, reads and looks interleave in many ways.
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await link.ack(stream, end);
  const seen = segmentsOf(page, run);
  for (const look of looks) {
    const after = afters.get(look) ?? 0;
    const stays = look.until <= look.from;
    if (stays && after < end)
      await waitFor(() => segmentsOf(page, run).get(idOf(look))?.at(-1)?.[1] === end, 'the end');
    let sentThrough: number | undefined;
    for (const [first, last] of (stays ? segmentsOf(page, run) : seen).get(idOf(look)) ?? []) {
      if (sentThrough === undefined) expect([first <= after + 1, last > after]).toEqual([true, true]);
      else expect(first).toBe(sentThrough + 1);
      sentThrough = last;
    }
    page.send({ type: 'unsubscribe', subscriptionId: idOf(look) });
  }
}

/** What each look of a run was sent, in order. */
function segmentsOf(page: RawPage, run: number): Map<string, [number, number][]> {
  const seen = new Map<string, [number, number][]>();
  for (const { subscriptionId, segment } of page.ofType('segment')) {
    if (!subscriptionId.startsWith(`${run}/`)) continue;
    const ranges = seen.get(subscriptionId) ?? [];
    ranges.push([segment.first, segment.last]);
    seen.set(subscriptionId, ranges);
  }
  return seen;
}
