import type { Segment } from '../../protocol/wire/frames.ts';
import { KEPT_MESSAGES, type SegmentFrame } from './segment-frame.ts';

const KEPT_MAX_BYTES = 16 * 1024 * 1024;

/**
 * The newest durable frames of streams that several pages read. Who falls behind a little finds them here, instead of each page
 * reading and encoding the same rows again. Of what is kept beyond the bound the oldest goes.
 */
export class RecentFrames {
  readonly #frames = new Map<string, SegmentFrame>();
  #bytes = 0;

  /** The frame that follows record `after`. */
  find(bridgeId: string, stream: string, epoch: string, after: number): SegmentFrame | undefined {
    return this.#frames.get(keyOf(bridgeId, stream, epoch, after + 1));
  }

  /** Gives the frame that is kept for the segment: this one, or one that was there before. */
  keep(bridgeId: string, frame: SegmentFrame): SegmentFrame {
    const { stream, epoch, first } = frame.segment;
    const key = keyOf(bridgeId, stream, epoch, first);
    const known = this.#frames.get(key);
    if (known?.segment.body === frame.segment.body) return known;
    if (known) this.#bytes -= sizeOf(known.segment);
    this.#frames.set(key, frame);
    this.#bytes += sizeOf(frame.segment);
    this.#shrink();
    return frame;
  }

  clear(): void {
    this.#frames.clear();
    this.#bytes = 0;
  }

  #shrink(): void {
    for (const [key, { segment }] of this.#frames) {
      if (this.#bytes <= KEPT_MAX_BYTES) return;
      this.#frames.delete(key);
      this.#bytes -= sizeOf(segment);
    }
  }
}

function keyOf(bridgeId: string, stream: string, epoch: string, first: number): string {
  return `${bridgeId} ${stream} ${epoch} ${first}`;
}

/** The most that a frame can hold: its segment, the text made of it, and messages. */
function sizeOf({ header, body }: Segment): number {
  return (2 + KEPT_MESSAGES) * (header.length + body.length);
}
