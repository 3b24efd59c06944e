import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { drop } from '../base/drop.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import type { Frame } from '../protocol/wire/frames.ts';
import { changeEpoch, createIncomingStream, type IncomingStream, startAt } from './incoming-stream.ts';
import { COLLECTED_MAX_BYTES, GAP_REPEAT_MS, INCOMING_STREAMS_MAX, sizeOfSegment } from './limits.ts';
import type { ChannelLog, CloseLink, Cursor, CursorStore, Segment } from './ports.ts';

export interface ReceiverOptions {
  readonly cursors: CursorStore;
  readonly clock: Clock;
  readonly send: (frame: Frame) => void;
  readonly onLog: ChannelLog;
  readonly close: CloseLink;
}

/**
 * Takes segments in order, commits what came during the last commit as one group, then acknowledges. An
 * acknowledgement is never sent for anything that the store has not confirmed.
 */
export class Receiver implements Disposable {
  readonly #options: ReceiverOptions;
  readonly #streams = new Map<string, IncomingStream>();
  /** Taken and not yet given to the store. */
  #collected: Segment[] = [];
  /** Size of everything that is held, collected or being committed. */
  #collectedBytes = 0;
  #isCommitting = false;
  #lastCommits: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Durable cursors that the handshake has looked up already. */
  open(cursors: readonly Cursor[]): void {
    for (const { stream: name, epoch, cursor } of cursors) {
      const stream = createIncomingStream(name, epoch);
      startAt(stream, cursor);
      this.#streams.set(name, stream);
    }
  }

  receive(segment: Segment): void {
    const stream = this.#streamOf(segment);
    if (!stream || this.#isDisposed) return;
    if (!stream.held) this.#take(stream, segment);
    else if (this.#reserve(segment)) stream.held.push(segment);
  }

  /** Resolves once no commit of this link is running. After `dispose` none begins. */
  async settled(): Promise<void> {
    await this.#lastCommits;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#collected = [];
    this.#streams.clear();
  }

  #streamOf(segment: Segment): IncomingStream | undefined {
    const known = this.#streams.get(segment.stream);
    if (known?.epoch === segment.epoch) return known;
    if (known?.retired.includes(segment.epoch)) return undefined;
    const stream = known ? this.#changeEpoch(known, segment.epoch) : this.#meet(segment);
    if (stream) {
      drop(this.#lookUp(stream, segment.epoch), (error) =>
        this.#options.close('internal', `cannot read the cursor of ${segment.stream}: ${messageOf(error)}`),
      );
    }
    return stream;
  }

  #meet({ stream: name, epoch }: Segment): IncomingStream | undefined {
    if (this.#streams.size >= INCOMING_STREAMS_MAX) {
      this.#options.close('malformed', `more than ${INCOMING_STREAMS_MAX} streams`);
      return undefined;
    }
    const stream = createIncomingStream(name, epoch);
    this.#streams.set(name, stream);
    return stream;
  }

  #changeEpoch(stream: IncomingStream, epoch: string): IncomingStream | undefined {
    const obsolete = [...(stream.held ?? []), ...this.#collected.filter((segment) => segment.stream === stream.name)];
    this.#collected = this.#collected.filter((segment) => segment.stream !== stream.name);
    this.#release(obsolete);
    this.#options.onLog('channel_epoch_changed', { stream: stream.name, from: stream.epoch, to: epoch });
    if (changeEpoch(stream, epoch)) return stream;
    this.#options.close('malformed', `${stream.name} changes its epoch again and again`);
    return undefined;
  }

  async #lookUp(stream: IncomingStream, epoch: string): Promise<void> {
    const cursors = await this.#options.cursors.cursors([{ stream: stream.name, epoch }]);
    if (this.#isDisposed || stream.epoch !== epoch) return;
    const cursor = cursors.find((each) => each.stream === stream.name && each.epoch === epoch)?.cursor ?? 0;
    const held = startAt(stream, cursor);
    this.#release(held);
    for (const segment of held) this.#take(stream, segment);
  }

  #take(stream: IncomingStream, segment: Segment): void {
    if (segment.first === stream.accepted + 1) {
      if (!this.#reserve(segment)) return;
      stream.accepted = segment.last;
      stream.gap = undefined;
      if (stream.durable > 0) this.#options.cursors.foresee?.(segment);
      this.#collected.push(segment);
      this.#commitSoon();
    } else if (segment.last > stream.accepted) {
      this.#askAgain(stream);
    } else if (segment.last <= stream.durable) {
      // The acknowledgement may be lost; saying it again is all that a repeat can mean.
      this.#acknowledge(stream);
    }
  }

  #askAgain(stream: IncomingStream): void {
    const now = this.#options.clock.monotonicMs();
    const { gap, accepted } = stream;
    if (gap?.after === accepted && now - gap.askedAt < GAP_REPEAT_MS) return;
    stream.gap = { after: accepted, askedAt: now };
    this.#options.onLog('channel_gap', { stream: stream.name, after: accepted });
    this.#options.send({ type: 'resend', stream: stream.name, epoch: stream.epoch, cursor: accepted });
  }

  #acknowledge(stream: IncomingStream): void {
    this.#options.send({ type: 'ack', stream: stream.name, epoch: stream.epoch, cursor: stream.durable });
  }

  #commitSoon(): void {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    this.#lastCommits = this.#commitAll();
  }

  /** Never rejects. The flag falls in the same turn that found nothing to do, or a segment could be left lying. */
  async #commitAll(): Promise<void> {
    const { cursors } = this.#options;
    // Frames that arrive in one read of the socket belong to one commit, whatever else may.
    await Promise.resolve();
    while (this.#collected.length > 0 && !this.#isDisposed) {
      await cursors.gather?.(sizeOf(this.#collected));
      const segments = this.#collected;
      this.#collected = [];
      // Taken back meanwhile, by another epoch or the end of the link.
      if (segments.length === 0) continue;
      try {
        await cursors.commit(segments);
      } catch (error) {
        const reason = codeOf(error) === 'storage_failed' ? 'storageFailed' : 'internal';
        return this.#options.close(reason, `cannot commit: ${messageOf(error)}`);
      }
      if (this.#isDisposed) return;
      this.#release(segments);
      this.#acknowledgeAll(segments);
    }
    this.#isCommitting = false;
  }

  #acknowledgeAll(segments: readonly Segment[]): void {
    const moved = new Set<IncomingStream>();
    for (const segment of segments) {
      const stream = this.#streams.get(segment.stream);
      // A stream whose epoch changed meanwhile: its old numbers mean nothing to the peer any more.
      if (stream?.epoch !== segment.epoch) continue;
      stream.durable = segment.last;
      moved.add(stream);
    }
    for (const stream of moved) this.#acknowledge(stream);
  }

  #reserve(segment: Segment): boolean {
    this.#collectedBytes += sizeOfSegment(segment);
    if (this.#collectedBytes <= COLLECTED_MAX_BYTES) return true;
    this.#options.close('malformed', 'more segments than the window allows');
    return false;
  }

  #release(segments: readonly Segment[]): void {
    this.#collectedBytes -= sizeOf(segments);
  }
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + sizeOfSegment(segment), 0);
}
