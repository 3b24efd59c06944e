import { type Disposable, toDisposable } from '../../base/disposal.ts';
import type { Segment } from '../../protocol/wire/frames.ts';
import { RecentFrames } from './recent-frames.ts';
import { SegmentFrame } from './segment-frame.ts';

/** Of one stream, in order. */
export interface StreamListener {
  /** Next to be committed: the bridge has it on its disk, this machine not yet. It is published too, or comes again. */
  onForeseen(frame: SegmentFrame): void;
  /** New and durable. */
  onCommit(frames: readonly SegmentFrame[]): void;
}

/** Carries segments to the subscriptions of their stream. */
export class StreamHub {
  readonly #listeners = new Map<string, Set<StreamListener>>();
  readonly #recent = new RecentFrames();
  /** Streams with several listeners. */
  #shared = 0;

  foresee(bridgeId: string, segment: Segment): void {
    const listeners = this.#listeners.get(keyOf(bridgeId, segment.stream));
    if (!listeners) return;
    // Not kept: what is never committed must not be found later.
    const frame = new SegmentFrame(segment);
    for (const listener of [...listeners]) listener.onForeseen(frame);
  }

  publish(bridgeId: string, segments: readonly Segment[]): void {
    for (const [stream, ofStream] of Map.groupBy(segments, (segment) => segment.stream)) {
      const listeners = this.#listeners.get(keyOf(bridgeId, stream));
      if (!listeners) continue;
      const frames = ofStream.map((segment) => this.frameOf(bridgeId, segment));
      for (const listener of [...listeners]) listener.onCommit(frames);
    }
  }

  /** The frame of a durable segment: one for all that follow its stream. */
  frameOf(bridgeId: string, segment: Segment): SegmentFrame {
    const frame = new SegmentFrame(segment);
    const readers = this.#listeners.get(keyOf(bridgeId, segment.stream))?.size ?? 0;
    return readers > 1 ? this.#recent.keep(bridgeId, frame) : frame;
  }

  /** What follows record `after`, if another reader of the stream had it lately. */
  recent(bridgeId: string, stream: string, epoch: string, after: number): SegmentFrame | undefined {
    return this.#recent.find(bridgeId, stream, epoch, after);
  }

  listen(bridgeId: string, stream: string, listener: StreamListener): Disposable {
    const key = keyOf(bridgeId, stream);
    const listeners = this.#listeners.get(key) ?? new Set<StreamListener>();
    this.#listeners.set(key, listeners);
    listeners.add(listener);
    if (listeners.size === 2) this.#shared++;
    return toDisposable(() => {
      if (!listeners.delete(listener)) return;
      if (listeners.size === 0) this.#listeners.delete(key);
      if (listeners.size === 1 && --this.#shared === 0) this.#recent.clear();
    });
  }
}

function keyOf(bridgeId: string, stream: string): string {
  return `${bridgeId} ${stream}`;
}
