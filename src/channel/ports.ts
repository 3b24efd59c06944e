/**
 * What the channel needs from its owner. A {@link Channel} lives as long as one link; the log and the cursors outlive
 * it and are the only things that make delivery exactly once (design section 4).
 */
import type { Event } from '../base/emitter.ts';
import type { Cursor, Segment, StreamEnd } from '../protocol/wire/frames.ts';

export type { Cursor, Segment, StreamEnd };

/**
 * Sender's durable log. Numbers start at 1 in each epoch. A log that cannot tell what it lost (restored from a backup)
 * must not grow before its next handshake, or must renew itself: numbers alone show only that a peer is *ahead*.
 */
export interface SegmentLog {
  /**
   * Streams to announce, most important first: those with records that are not acknowledged, and any still live (that
   * may still grow). Only durable records count as `end`.
   */
  streams(): readonly StreamEnd[];
  /**
   * Durable records after `after`, as one segment that begins at `after + 1` and keeps within the limits (a single
   * larger record makes a segment alone), or undefined if there is none. A rejection closes the link.
   */
  read(stream: string, after: number, limits: ReadLimits): Promise<Segment | undefined>;
  /** The peer's durable cursor moved. Never goes back within an epoch. */
  acknowledge(stream: string, epoch: string, cursor: number): void;
  /** Last cursor known in the stream's current epoch; 0 if none. */
  acknowledged(stream: string): number;
  /**
   * The peer is ahead of this log: give the stream a new epoch. Its records keep their numbers and are all sent again.
   * Called in a handshake only; an owner that renews by itself must close the link, whose positions mean nothing then.
   */
  renew(stream: string): StreamEnd;
  /** Name of a stream, after new records of it became durable. */
  readonly onDidAppend: Event<string>;
}

export interface ReadLimits {
  readonly maxBytes: number;
  readonly maxRecords: number;
}

/** Receiver's durable cursors. Reads see every commit that was called before them. */
export interface CursorStore {
  /** One cursor for each asked stream and epoch; a stream never met, or met in another epoch, is at 0. */
  cursors(streams: readonly { readonly stream: string; readonly epoch: string }[]): Promise<readonly Cursor[]>;
  /** Cursors to announce without being asked (in `hello`): of every stream that the peer may still send. */
  known(): Promise<readonly Cursor[]>;
  /**
   * Effect and cursor in one durable transaction. Segments of one stream are consecutive. Resolves = durable. Where
   * another link may commit at the same time, it must reject, changing nothing, a segment that does not begin right
   * after its durable cursor. A rejection closes the link.
   */
  commit(segments: readonly Segment[]): Promise<void>;
  /**
   * Told of each segment that will be in a commit, in order and before it, so that readers need not wait for the disk
   * once more: the sender has it on its own. Only of streams of which something was committed in this epoch, because
   * until then the store may still refuse them.
   */
  foresee?(segment: Segment): void;
  /**
   * Resolves when what has reached this machine by now has been received. Awaited before a commit, which then takes all
   * of it: a flush of the disk costs the same for one segment as for forty. Without it, each read of the socket is one.
   * A store may let some time pass, which delays acknowledgements and nothing else; the less of the window the bytes that
   * wait already take, the more it may.
   */
  gather?(waitingBytes: number): Promise<void>;
}

/** The sending half of one connection. `send` must not throw; after `close` nothing is sent. */
export interface FrameTransport {
  send(text: string): void;
  /** `code` from CLOSE_CODES; `reason` is at most 120 ASCII characters. */
  close(code: number, reason: string): void;
  /** What was given to `send` and is not yet handed to the operating system. */
  readonly bufferedBytes: number;
}

/** Facts for the owner's log; never payloads. */
export type ChannelLog = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Ends the link with a stable reason. Calling it again does nothing. */
export type CloseLink = (reason: 'malformed' | 'internal' | 'storageFailed', problem: string) => void;
