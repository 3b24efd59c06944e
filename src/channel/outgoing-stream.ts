/** One stream as the sender of a link sees it. `acked ≤ sent ≤ highestSent`, all record numbers of `epoch`. */
export interface OutgoingStream {
  readonly name: string;
  /** Undefined until the first read of a stream that was not announced. */
  epoch: string | undefined;
  /** The peer's durable cursor as far as known. */
  acked: number;
  /**
   * The peer may ask to go back as far as this. Below `acked` only for a stream that was not announced, until its
   * first acknowledgement on this link: the peer may have lost what it had acknowledged.
   */
  floor: number;
  /** The next read begins after this. */
  sent: number;
  /** Highest number ever sent on this link; the peer cannot acknowledge more. */
  highestSent: number;
  /** Sent segments with records after `acked`, in order. */
  readonly inFlight: { readonly last: number; readonly bytes: number }[];
  inFlightBytes: number;
  /** There may be durable records after `sent`. */
  hasMore: boolean;
  /** A segment of it is being read, or is read and waits for room. */
  isBusy: boolean;
  /** Moves whenever `sent` is moved by anything but sending: what was being read is then obsolete. */
  generation: number;
  /** Monotonic time of the last acknowledgement, or of sending when nothing was in flight. */
  progressAt: number;
  /** Place in the ready queue: round robin among equals, and index in the heap (-1 if not there). */
  turn: number;
  heapIndex: number;
}

/** Where a link starts to send a stream: the peer has everything up to `cursor` of `epoch`. */
export interface ResumePoint {
  readonly stream: string;
  readonly epoch: string | undefined;
  readonly cursor: number;
  /** As `floor` of {@link OutgoingStream}. */
  readonly floor: number;
}

export function createOutgoingStream(point: ResumePoint): OutgoingStream {
  return {
    name: point.stream,
    epoch: point.epoch,
    acked: point.cursor,
    floor: point.floor,
    sent: point.cursor,
    highestSent: point.cursor,
    inFlight: [],
    inFlightBytes: 0,
    hasMore: false,
    isBusy: false,
    generation: 0,
    progressAt: 0,
    turn: 0,
    heapIndex: -1,
  };
}

export function markSent(stream: OutgoingStream, last: number, bytes: number, now: number): void {
  if (stream.inFlight.length === 0) stream.progressAt = now;
  stream.inFlight.push({ last, bytes });
  stream.inFlightBytes += bytes;
  stream.sent = last;
  stream.highestSent = Math.max(stream.highestSent, last);
}

/** Takes a cursor that is above `acked` and not above `highestSent`. */
export function markAcked(stream: OutgoingStream, cursor: number, now: number): void {
  const open = stream.inFlight.findIndex((segment) => segment.last > cursor);
  const done = stream.inFlight.splice(0, open === -1 ? stream.inFlight.length : open);
  for (const segment of done) stream.inFlightBytes -= segment.bytes;
  stream.acked = cursor;
  stream.floor = cursor;
  stream.progressAt = now;
  // It was acknowledged from before we went back; there is no need to send it again.
  if (cursor > stream.sent) moveTo(stream, cursor);
}

/** Goes back to send what comes after `after` again; what was sent before it stays in flight. */
export function rewind(stream: OutgoingStream, after: number, now: number): void {
  const lost = stream.inFlight.findIndex((segment) => segment.last > after);
  const dropped = lost === -1 ? [] : stream.inFlight.splice(lost);
  for (const segment of dropped) stream.inFlightBytes -= segment.bytes;
  stream.acked = Math.min(stream.acked, after);
  stream.progressAt = now;
  moveTo(stream, after);
}

function moveTo(stream: OutgoingStream, sent: number): void {
  stream.sent = sent;
  stream.hasMore = true;
  stream.generation++;
}
