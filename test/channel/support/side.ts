import { Channel, type ChannelClose, type ChannelOptions } from '../../../src/channel/channel.ts';
import type { Segment } from '../../../src/channel/ports.ts';
import type { Frame } from '../../../src/protocol/wire/frames.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';
import { MemoryCursors } from './memory-cursors.ts';
import { MemoryLog } from './memory-log.ts';
import { bodyOf } from './records-body.ts';

export const EPOCH = 'epoch000';

/** One real channel whose peer is the test: it sees every frame and says what it likes. */
export class Side {
  readonly clock = new VirtualClock();
  readonly log: MemoryLog;
  readonly cursors: MemoryCursors;
  readonly channel: Channel;
  readonly frames: Frame[] = [];
  readonly closes: ChannelClose[] = [];
  readonly events: { event: string; fields: object }[] = [];
  transportCloses: { code: number; reason: string }[] = [];
  bufferedBytes = 0;
  commitDelayMs = 0;
  gatherMs = 0;
  readDelayMs = 0;
  #epochs = 0;

  constructor(role: 'dialler' | 'accepter', options: Partial<ChannelOptions> = {}) {
    const { clock } = this;
    const newEpoch = () => `epoch${String(this.#epochs++).padStart(3, '0')}`;
    this.log = new MemoryLog({ clock, newEpoch, readDelayMs: () => this.readDelayMs });
    this.cursors = new MemoryCursors({ clock, delayMs: () => this.commitDelayMs, gatherMs: () => this.gatherMs });
    const side = this;
    const transport = {
      send: (text: string) => this.frames.push(JSON.parse(text)),
      close: (code: number, reason: string) => this.transportCloses.push({ code, reason }),
      get bufferedBytes() {
        return side.bufferedBytes;
      },
    };
    const { log, cursors } = this;
    const onLog = (event: string, fields: object) => this.events.push({ event, fields });
    this.channel = new Channel({ role, transport, clock, log, cursors, onLog, ...options });
    this.channel.onDidClose((close) => this.closes.push(close));
  }

  say(...frames: Frame[]): void {
    for (const frame of frames) this.channel.receive(JSON.stringify(frame));
  }

  /** Frames of one type, without those seen by an earlier call. */
  take<T extends Frame['type']>(type: T): Extract<Frame, { type: T }>[] {
    const taken = this.frames.filter((frame) => frame.type === type);
    const rest = this.frames.filter((frame) => frame.type !== type);
    this.frames.splice(0, this.frames.length, ...rest);
    return taken as Extract<Frame, { type: T }>[];
  }

  /** `[first, last]` of the segments sent since the last call. */
  takeRanges(stream?: string): [number, number][] {
    return this.take('segment')
      .filter((segment) => stream === undefined || segment.stream === stream)
      .map(({ first, last }) => [first, last]);
  }

  eventsOf(name: string): object[] {
    return this.events.filter(({ event }) => event === name).map(({ fields }) => fields);
  }

  ack(stream: string, cursor: number, epoch: string = EPOCH): void {
    this.say({ type: 'ack', stream, epoch, cursor });
  }
}

/** A dialler that is through its handshake; `cursors` is what the peer has of its streams. */
export async function openDialler(
  prepare: (side: Side) => void = () => undefined,
  cursors: { stream: string; epoch: string; cursor: number }[] = [],
  options: Partial<ChannelOptions> = {},
): Promise<Side> {
  const side = new Side('dialler', options);
  prepare(side);
  side.channel.start();
  await settle();
  side.say({ type: 'welcome', version: 1, streams: [], cursors });
  await settle();
  return side;
}

export function segment(first: number, last: number, stream = 'task:a', epoch = EPOCH): Segment & { type: 'segment' } {
  const records = Array.from({ length: last - first + 1 }, (_, index) => `${stream}/${first + index}`);
  return { type: 'segment', stream, epoch, first, last, header: '{}', body: bodyOf(records) };
}
