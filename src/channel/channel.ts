/**
 * The reliable duplex channel over one link (design section 4): a handshake, then streams of segments both ways with
 * acknowledgements after durable commits, and heartbeats. Everything here is lost with the link; what makes delivery
 * exactly once is in the two stores. Both sides run this same code.
 */
import { assertNever } from '../base/assert-never.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { Emitter } from '../base/emitter.ts';
import { CLOSE_CODES, type CloseReason } from '../protocol/wire/close-codes.ts';
import {
  type Ack,
  type Frame,
  type Heartbeat,
  parseFrame,
  type Resend,
  type SegmentFrame,
} from '../protocol/wire/frames.ts';
import { Handshake } from './handshake.ts';
import { Liveness } from './liveness.ts';
import type { ResumePoint } from './outgoing-stream.ts';
import type { ChannelLog, Cursor, CursorStore, FrameTransport, SegmentLog } from './ports.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';

export interface ChannelOptions {
  /** The dialler says hello first, the accepter answers. After that both are equal. */
  readonly role: 'dialler' | 'accepter';
  readonly transport: FrameTransport;
  readonly clock: Clock;
  /** What this side sends; without it, nothing. */
  readonly log?: SegmentLog;
  /** Where this side receives to; without it a segment from the peer closes the link. */
  readonly cursors?: CursorStore;
  /** For the heartbeat: load average per core, and what waits to be acknowledged. */
  readonly load?: () => number;
  readonly queueDepth?: () => Heartbeat['queueDepth'];
  readonly onLog?: ChannelLog;
}

/** `code` is a WebSocket close code; `reason` is the peer's goodbye if it said one. */
export interface ChannelClose {
  readonly code: number;
  readonly reason: string;
}

/** Instead of what went wrong inside: that may name files of this machine, which are none of the peer's business. */
const PUBLIC_WORDS: Partial<Readonly<Record<CloseReason, string>>> = {
  internal: 'internal error',
  storageFailed: 'the disk cannot be written',
};

/** What RFC 6455 section 7.1.5 calls a connection that ended without a close frame. */
const ABNORMAL_CLOSURE = 1006;
const CLOSE_REASON_MAX = 120;
const GOODBYE_MAX = 200;

export class Channel implements Disposable {
  readonly #options: ChannelOptions;
  readonly #onLog: ChannelLog;
  readonly #handshake: Handshake;
  readonly #liveness: Liveness;
  readonly #sender: Sender | undefined;
  readonly #receiver: Receiver | undefined;
  readonly #didOpen = new Emitter<void>();
  readonly #didClose = new Emitter<ChannelClose>();
  readonly #didMeasureRoundTrip = new Emitter<number>();
  readonly #didReceiveHeartbeat = new Emitter<Heartbeat>();
  #phase: 'idle' | 'handshaking' | 'open' | 'closed' = 'idle';
  #goodbye: string | undefined;
  #rttMs: number | null = null;
  #lastAnswerAt: number | null = null;

  /** The handshake is done; segments flow. */
  readonly onDidOpen = this.#didOpen.event;
  /** Fires once for a channel that was started, whoever ended it, `dispose` included. */
  readonly onDidClose = this.#didClose.event;
  readonly onDidMeasureRoundTrip = this.#didMeasureRoundTrip.event;
  readonly onDidReceiveHeartbeat = this.#didReceiveHeartbeat.event;

  constructor(options: ChannelOptions) {
    const { role, clock, log, cursors, transport } = options;
    const close = this.#close.bind(this);
    const send = this.#send.bind(this);
    const onLog = options.onLog ?? (() => undefined);
    this.#options = options;
    this.#onLog = onLog;
    this.#sender = log && new Sender({ log, transport, clock, onLog, close });
    this.#receiver = cursors && new Receiver({ cursors, clock, send, onLog, close });
    this.#handshake = new Handshake({ role, clock, log, cursors, send, onLog, close, onDone: this.#open.bind(this) });
    this.#liveness = new Liveness({
      clock,
      sendHeartbeat: (timestamp) => this.#sendHeartbeat(timestamp),
      onTimeout: () => close('timeout', 'nothing came from the peer'),
      onStall: (lateMs) => onLog('channel_stalled', { lateMs }),
    });
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Milliseconds of the newest round trip; null before the first. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** Wall time of the peer's newest answer to something that we said; null before the first. */
  get lastAnswerAt(): number | null {
    return this.#lastAnswerAt;
  }

  /** The transport is connected: begins the handshake. */
  start(): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'handshaking';
    this.#handshake.start();
  }

  /** Takes one frame as it came. Never throws: bad input ends the link. */
  receive(text: string): void {
    if (this.#phase === 'idle' || this.#phase === 'closed') return;
    const frame = parseFrame(text);
    if (frame.ok) this.#dispatch(frame.value);
    else this.#close(frame.error.code === 'unknown_kind' ? 'unknownKind' : 'malformed', frame.error.message);
  }

  /** The connection is gone. */
  transportClosed(code: number = ABNORMAL_CLOSURE, reason = ''): void {
    this.#end({ code, reason: this.#goodbye ?? reason });
  }

  /** Asks for a sign of life within two seconds, as after wake or a network change. */
  probe(): void {
    if (this.isOpen) this.#liveness.probe();
  }

  /** Says why, then closes. */
  goodbye(reason: string, closeAs: CloseReason = 'normal'): void {
    if (this.#phase !== 'handshaking' && this.#phase !== 'open') return;
    this.#send({ type: 'goodbye', reason: reason.slice(0, GOODBYE_MAX) });
    this.#close(closeAs, reason);
  }

  /** Resolves once no commit of this channel is running. After the close none begins. */
  async settled(): Promise<void> {
    await this.#receiver?.settled();
  }

  dispose(): void {
    this.#close('goingAway', 'disposed');
  }

  #open(points: readonly ResumePoint[], told: readonly Cursor[]): void {
    this.#phase = 'open';
    if (this.#options.role === 'dialler') this.#answered();
    this.#onLog('channel_opened', { role: this.#options.role, streams: points.length });
    this.#receiver?.open(told);
    this.#liveness.start();
    this.#sender?.open(points);
    this.#didOpen.fire();
  }

  #dispatch(frame: Frame): void {
    this.#liveness.received();
    switch (frame.type) {
      case 'hello':
      case 'welcome':
        this.#handshake.take(frame);
        break;
      case 'segment':
      case 'ack':
      case 'resend':
        if (this.isOpen) this.#takeStreamFrame(frame);
        else this.#close('malformed', `${frame.type} before the handshake`);
        break;
      case 'heartbeat':
        this.#send({ type: 'heartbeat_ack', timestamp: frame.timestamp });
        this.#didReceiveHeartbeat.fire(frame);
        break;
      case 'heartbeat_ack':
        this.#takeHeartbeatAck(frame.timestamp);
        break;
      case 'goodbye':
        this.#goodbye = frame.reason;
        break;
      case 'error':
        this.#onLog('channel_peer_error', { code: frame.code });
        break;
      default:
        assertNever(frame, 'frame');
    }
  }

  #takeStreamFrame(frame: SegmentFrame | Ack | Resend): void {
    switch (frame.type) {
      case 'segment': {
        const { type: _type, ...segment } = frame;
        if (this.#receiver) this.#receiver.receive(segment);
        else this.#close('malformed', 'a segment to a side that receives none');
        break;
      }
      case 'ack':
        this.#answered();
        this.#sender?.acknowledge(frame);
        break;
      case 'resend':
        this.#sender?.resend(frame);
        break;
      default:
        assertNever(frame, 'frame');
    }
  }

  #takeHeartbeatAck(timestamp: number): void {
    const rttMs = this.#liveness.answered(timestamp);
    if (rttMs === undefined) return;
    this.#rttMs = rttMs;
    this.#answered();
    this.#didMeasureRoundTrip.fire(rttMs);
  }

  #answered(): void {
    this.#lastAnswerAt = this.#options.clock.now();
  }

  #sendHeartbeat(timestamp: number): void {
    const { load, queueDepth } = this.#options;
    this.#send({
      type: 'heartbeat',
      timestamp,
      queueDepth: queueDepth?.() ?? { records: 0, bytes: 0 },
      load: load?.() ?? 0,
    });
  }

  #send(frame: Frame): void {
    if (this.#phase === 'closed') return;
    this.#options.transport.send(JSON.stringify(frame));
  }

  #close(reason: CloseReason, problem: string): void {
    const code = CLOSE_CODES[reason];
    const words = toCloseReason(problem);
    // Ended first: the transport may report its close from within the call.
    if (!this.#end({ code, reason: this.#goodbye ?? words })) return;
    this.#options.transport.close(code, PUBLIC_WORDS[reason] ?? words);
  }

  /** Releases everything and tells the owner, once. */
  #end(close: ChannelClose): boolean {
    const wasStarted = this.#phase === 'handshaking' || this.#phase === 'open';
    this.#phase = 'closed';
    this.#handshake.dispose();
    this.#liveness.dispose();
    this.#sender?.dispose();
    this.#receiver?.dispose();
    if (!wasStarted) return false;
    this.#onLog('channel_closed', { ...close });
    this.#didClose.fire(close);
    return true;
  }
}

/** The protocol allows 123 bytes; what the peer wrote may be quoted in it. */
function toCloseReason(problem: string): string {
  return problem.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, CLOSE_REASON_MAX);
}
