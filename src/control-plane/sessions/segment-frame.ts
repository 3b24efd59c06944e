import { jsonOfSegment, type Segment } from '../../protocol/wire/frames.ts';

/** From here on it pays to keep a message for the next page with the same subscription id. */
const KEPT_MIN_BYTES = 16 * 1024;
/** Pages count their subscriptions, so those that show the same thing mostly have one of a few ids. */
export const KEPT_MESSAGES = 8;

/** A segment on its way to pages. Its text is made once, however many read it. */
export class SegmentFrame {
  readonly segment: Segment;
  #text: Buffer | undefined;
  readonly #messages = new Map<string, Buffer>();

  constructor(segment: Segment) {
    this.segment = segment;
  }

  /** The message for a subscription, UTF-8. */
  for(subscriptionId: string): Buffer {
    const known = this.#messages.get(subscriptionId);
    if (known) return known;
    this.#text ??= Buffer.from(`,"segment":${jsonOfSegment(this.segment)}}`);
    const head = JSON.stringify({ type: 'segment', subscriptionId }).slice(0, -1);
    const message = Buffer.concat([Buffer.from(head), this.#text]);
    if (message.length >= KEPT_MIN_BYTES && this.#messages.size < KEPT_MESSAGES)
      this.#messages.set(subscriptionId, message);
    return message;
  }
}
