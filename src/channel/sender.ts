import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { drop } from '../base/drop.ts';
import { messageOf } from '../base/errors.ts';
import { LINK_WINDOW_BYTES, SEGMENT_MAX_BYTES, SEGMENT_MAX_RECORDS } from '../protocol/limits.ts';
import { jsonOfSegment } from '../protocol/wire/frames.ts';
import {
  BULK_WINDOW_BYTES,
  EXPECTED_SEGMENT_BYTES,
  READS_AT_ONCE,
  SMALL_STREAM_BYTES,
  sizeOfSegment,
  TRANSPORT_BUFFER_BYTES,
  TRANSPORT_RETRY_MS,
} from './limits.ts';
import {
  createOutgoingStream,
  markAcked,
  markSent,
  type OutgoingStream,
  type ResumePoint,
  rewind,
} from './outgoing-stream.ts';
import type { ChannelLog, CloseLink, Cursor, FrameTransport, Segment, SegmentLog } from './ports.ts';
import { ReadyQueue } from './ready-queue.ts';
import { RepairTimer } from './repair-timer.ts';

export interface SenderOptions {
  readonly log: SegmentLog;
  readonly transport: FrameTransport;
  readonly clock: Clock;
  readonly onLog: ChannelLog;
  readonly close: CloseLink;
}

/** A segment that was read but is too large for what is left of the window. */
interface Staged {
  readonly stream: OutgoingStream;
  readonly generation: number;
  readonly segment: Segment;
  readonly bytes: number;
}

const READ_LIMITS = { maxBytes: SEGMENT_MAX_BYTES, maxRecords: SEGMENT_MAX_RECORDS };

/**
 * Sends what is durable in the log and not acknowledged, within one window that all streams of the link share. Keeps
 * no records: whatever must be sent again is read again.
 */
export class Sender implements Disposable {
  readonly #options: SenderOptions;
  readonly #streams = new Map<string, OutgoingStream>();
  readonly #ready = new ReadyQueue();
  readonly #repair: RepairTimer;
  #subscription: Disposable | undefined;
  #staged: Staged[] = [];
  #reads = 0;
  #inFlightBytes = 0;
  /** What is being read, by its expected size, and what is staged. Counts against the window as if it were sent. */
  #reservedBytes = 0;
  #retryTimer: Disposable | undefined;
  #isOpen = false;
  #isDisposed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#repair = new RepairTimer(options.clock, (stream) => this.#goBack(stream));
  }

  /** Starts to send. A stream that is not among the points starts where the log was last acknowledged. */
  open(points: readonly ResumePoint[]): void {
    const { log } = this.#options;
    for (const point of points) {
      const stream = createOutgoingStream(point);
      this.#streams.set(stream.name, stream);
      this.#noteDurable(stream, point.cursor);
    }
    this.#isOpen = true;
    this.#subscription = log.onDidAppend((name) => this.#appended(name));
    // Read anew: streams have grown since they were announced, and not all may have fitted into the frame.
    for (const { stream: name, end } of log.streams()) {
      if (end > (this.#streams.get(name)?.sent ?? log.acknowledged(name))) this.#appended(name);
    }
  }

  acknowledge(ack: Cursor): void {
    const stream = this.#streams.get(ack.stream);
    if (!stream || stream.epoch !== ack.epoch || ack.cursor <= stream.acked) return;
    if (ack.cursor > stream.highestSent) {
      this.#options.close('malformed', `${ack.stream} acknowledged beyond what was sent`);
      return;
    }
    this.#change(stream, () => markAcked(stream, ack.cursor, this.#options.clock.monotonicMs()));
    this.#noteDurable(stream, ack.cursor);
    this.#pump();
  }

  /** The peer has everything up to `cursor` and met a gap after it. */
  resend(wanted: Cursor): void {
    const stream = this.#streams.get(wanted.stream);
    if (!stream || stream.epoch !== wanted.epoch) return;
    if (wanted.cursor < stream.floor || wanted.cursor >= stream.sent) return;
    this.#options.onLog('channel_resend', { stream: stream.name, after: wanted.cursor, sent: stream.sent });
    this.#change(stream, () => rewind(stream, wanted.cursor, this.#options.clock.monotonicMs()));
    this.#pump();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#subscription?.dispose();
    this.#repair.dispose();
    this.#retryTimer?.dispose();
    this.#staged = [];
  }

  #appended(name: string): void {
    const stream = this.#streams.get(name) ?? this.#meet(name);
    stream.hasMore = true;
    if (!stream.isBusy) this.#ready.add(stream);
    this.#pump();
  }

  #meet(name: string): OutgoingStream {
    const cursor = this.#options.log.acknowledged(name);
    const stream = createOutgoingStream({ stream: name, epoch: undefined, cursor, floor: 0 });
    this.#streams.set(name, stream);
    return stream;
  }

  #noteDurable(stream: OutgoingStream, cursor: number): void {
    const { log } = this.#options;
    if (stream.epoch === undefined || cursor <= log.acknowledged(stream.name)) return;
    log.acknowledge(stream.name, stream.epoch, cursor);
  }

  /** The one place where a stream's bytes in flight change, so that sum and queue stay true. */
  #change(stream: OutgoingStream, edit: () => void): void {
    const before = stream.inFlightBytes;
    edit();
    this.#inFlightBytes += stream.inFlightBytes - before;
    this.#ready.update(stream);
    if (stream.hasMore && !stream.isBusy) this.#ready.add(stream);
  }

  #goBack(stream: OutgoingStream): void {
    this.#options.onLog('channel_resend', { stream: stream.name, after: stream.acked, sent: stream.sent });
    this.#change(stream, () => rewind(stream, stream.acked, this.#options.clock.monotonicMs()));
    this.#pump();
  }

  #pump(): void {
    while (this.#isOpen && !this.#isDisposed) {
      if (this.#options.transport.bufferedBytes > TRANSPORT_BUFFER_BYTES) {
        this.#retryLater();
        return;
      }
      // What is read already goes first, or large segments would wait for ever behind small ones.
      if (this.#staged.length > 0) {
        if (!this.#sendStaged()) return;
        continue;
      }
      const stream = this.#ready.peek();
      if (!stream || this.#reads >= READS_AT_ONCE || !this.#hasRoomFor(stream)) return;
      this.#ready.remove(stream);
      drop(this.#read(stream), (error) =>
        this.#options.close('internal', `cannot read ${stream.name}: ${messageOf(error)}`),
      );
    }
  }

  #hasRoomFor(stream: OutgoingStream): boolean {
    const used = this.#inFlightBytes + this.#reservedBytes;
    const limit = stream.inFlightBytes < SMALL_STREAM_BYTES ? LINK_WINDOW_BYTES : BULK_WINDOW_BYTES;
    return used + EXPECTED_SEGMENT_BYTES <= limit;
  }

  async #read(stream: OutgoingStream): Promise<void> {
    const { generation, sent } = stream;
    stream.isBusy = true;
    stream.hasMore = false;
    this.#reads++;
    this.#reservedBytes += EXPECTED_SEGMENT_BYTES;
    let segment: Segment | undefined;
    try {
      segment = await this.#options.log.read(stream.name, sent, READ_LIMITS);
    } finally {
      stream.isBusy = false;
      this.#reads--;
      this.#reservedBytes -= EXPECTED_SEGMENT_BYTES;
    }
    if (this.#isDisposed) return;
    if (segment && stream.generation === generation) this.#take(stream, segment);
    if (stream.hasMore && !stream.isBusy) this.#ready.add(stream);
    this.#pump();
  }

  #take(stream: OutgoingStream, segment: Segment): void {
    stream.hasMore = true;
    stream.epoch ??= segment.epoch;
    if (segment.epoch !== stream.epoch) {
      this.#options.close('internal', `the epoch of ${stream.name} changed under the link`);
      return;
    }
    if (segment.first !== stream.sent + 1 || segment.last < segment.first) {
      this.#options.close('internal', `the log of ${stream.name} has a hole after ${stream.sent}`);
      return;
    }
    const staged = { stream, segment, generation: stream.generation, bytes: sizeOfSegment(segment) };
    stream.isBusy = true;
    this.#reservedBytes += staged.bytes;
    this.#staged.push(staged);
  }

  /** False if the first staged segment has to wait. With nothing in flight there is room for any segment. */
  #sendStaged(): boolean {
    const [next] = this.#staged;
    if (!next) return true;
    const { stream, segment, generation, bytes } = next;
    const isCurrent = stream.generation === generation;
    if (isCurrent && this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > LINK_WINDOW_BYTES) return false;
    this.#staged.shift();
    this.#reservedBytes -= bytes;
    stream.isBusy = false;
    this.#change(stream, () => {
      if (isCurrent) markSent(stream, segment.last, bytes, this.#options.clock.monotonicMs());
    });
    if (isCurrent) this.#transmit(stream, segment);
    return true;
  }

  #transmit(stream: OutgoingStream, segment: Segment): void {
    this.#repair.watch(stream);
    this.#options.transport.send(`{"type":"segment",${jsonOfSegment(segment).slice(1)}`);
  }

  #retryLater(): void {
    this.#retryTimer ??= this.#options.clock.setTimeout(() => {
      this.#retryTimer = undefined;
      this.#pump();
    }, TRANSPORT_RETRY_MS);
  }
}
