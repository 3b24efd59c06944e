import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { drop } from '../base/drop.ts';
import { messageOf } from '../base/errors.ts';
import { HANDSHAKE_TIMEOUT_MS, PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { CloseReason } from '../protocol/wire/close-codes.ts';
import { type Frame, type Hello, isSupportedVersion, type Welcome } from '../protocol/wire/frames.ts';
import { ANNOUNCED_MAX } from './limits.ts';
import type { ResumePoint } from './outgoing-stream.ts';
import type { ChannelLog, Cursor, CursorStore, SegmentLog } from './ports.ts';
import { resumePoints } from './resume-points.ts';

export interface HandshakeOptions {
  readonly role: 'dialler' | 'accepter';
  readonly clock: Clock;
  readonly log: SegmentLog | undefined;
  readonly cursors: CursorStore | undefined;
  readonly send: (frame: Frame) => void;
  readonly onLog: ChannelLog;
  readonly close: (reason: CloseReason, problem: string) => void;
  /** Where to start each stream of ours, and the durable cursors that the peer was told. Called once. */
  readonly onDone: (points: readonly ResumePoint[], told: readonly Cursor[]) => void;
}

/**
 * The dialler says `hello` with what it sends and what it has; the accepter answers `welcome` with the same and a
 * cursor for every stream of the hello. Streams that do not fit into the frame are sent as if met later.
 */
export class Handshake implements Disposable {
  readonly #options: HandshakeOptions;
  #deadline: Disposable | undefined;
  #isAnswered = false;
  #isDisposed = false;
  /** What our hello announced and told; the welcome is read against it. */
  #hello: Hello | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, close, role } = this.#options;
    this.#deadline = clock.setTimeout(() => close('timeout', 'the handshake took too long'), HANDSHAKE_TIMEOUT_MS);
    if (role === 'dialler') this.#run(this.#sayHello());
  }

  take(frame: Hello | Welcome): void {
    const hello = this.#hello;
    const isExpected = this.#options.role === 'dialler' ? frame.type === 'welcome' && hello : frame.type === 'hello';
    if (!isExpected || this.#isAnswered) {
      this.#options.close('malformed', `${frame.type} out of place`);
    } else if (!isSupportedVersion(frame.version)) {
      const problem = `version ${frame.version}; this side speaks ${PROTOCOL_VERSION}`;
      this.#options.close('unsupportedVersion', problem);
    } else {
      this.#isAnswered = true;
      if (frame.type === 'hello') this.#run(this.#sayWelcome(frame));
      else if (hello) this.#done(this.#resume(hello, frame), hello.cursors);
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#deadline?.dispose();
  }

  async #sayHello(): Promise<void> {
    const known = (await this.#options.cursors?.known()) ?? [];
    if (this.#isDisposed) return;
    this.#hello = { type: 'hello', ...this.#announcement(), cursors: known.slice(0, ANNOUNCED_MAX) };
    this.#options.send(this.#hello);
  }

  async #sayWelcome(hello: Hello): Promise<void> {
    const cursors = (await this.#options.cursors?.cursors(hello.streams)) ?? [];
    if (this.#isDisposed) return;
    const announcement = this.#announcement();
    const points = this.#resume(announcement, hello);
    // The welcome names the epochs as they are after a renewal.
    this.#options.send({ type: 'welcome', ...this.#announcement(), cursors: [...cursors] });
    this.#done(points, cursors);
  }

  #announcement(): Pick<Hello, 'version' | 'streams'> {
    const streams = this.#options.log?.streams() ?? [];
    return { version: PROTOCOL_VERSION, streams: streams.slice(0, ANNOUNCED_MAX) };
  }

  #resume(own: Pick<Hello, 'streams'>, peer: Pick<Hello, 'cursors'>): ResumePoint[] {
    const { log, onLog } = this.#options;
    return log ? resumePoints(log, own.streams, peer.cursors, onLog) : [];
  }

  #done(points: readonly ResumePoint[], told: readonly Cursor[]): void {
    this.#deadline?.dispose();
    this.#options.onDone(points, told);
  }

  #run(step: Promise<void>): void {
    drop(step, (error) => this.#options.close('internal', `cannot shake hands: ${messageOf(error)}`));
  }
}
