/**
 * Frames of the link between a bridge and the control plane (design section 4). JSON text, one frame per WebSocket
 * message, subprotocol `ctrlnode.v1`. Both directions obey the same rules. Unknown fields pass.
 */
import { z } from 'zod';
import { isBase64 } from '../../base/base64.ts';
import { PROTOCOL_VERSION } from '../limits.ts';
import { streamNameSchema } from '../names.ts';

/** Names one life of a log. Made with the log; numbers of one epoch mean nothing in another. */
export const epochSchema = z.string().regex(/^[a-z0-9]{8,32}$/);
/** Number of a record within its stream and epoch; the first is 1. */
export const recordNumberSchema = z.int().min(1);
/** Highest record number that is durable at the receiver; 0 before the first. */
export const cursorNumberSchema = z.int().min(0);

export const cursorSchema = z.object({ stream: streamNameSchema, epoch: epochSchema, cursor: cursorNumberSchema });
export type Cursor = z.infer<typeof cursorSchema>;

/** What a sender has: the last number of its log. */
export const streamEndSchema = z.object({ stream: streamNameSchema, epoch: epochSchema, end: cursorNumberSchema });
export type StreamEnd = z.infer<typeof streamEndSchema>;

const STREAMS_PER_HELLO_MAX = 5_000;
const handshake = {
  version: z.int(),
  /** Streams that the sender of this frame will send. */
  streams: z.array(streamEndSchema).max(STREAMS_PER_HELLO_MAX),
  /** Durable cursors of the streams that the sender of this frame receives. */
  cursors: z.array(cursorSchema).max(STREAMS_PER_HELLO_MAX),
};

/** First frame of the dialling side. */
export const helloSchema = z.object({ type: z.literal('hello'), ...handshake });
/** Answer to `hello`: its `cursors` hold one entry for every stream that the hello named. */
export const welcomeSchema = z.object({ type: z.literal('welcome'), ...handshake });

/** Consecutive records `[first..last]`. */
export const segmentSchema = z
  .object({
    stream: streamNameSchema,
    epoch: epochSchema,
    first: recordNumberSchema,
    last: recordNumberSchema,
    /** JSON text of a segment header. Text, so that it stays byte-exact: it is associated data of the seal. */
    header: z.string().max(64 * 1024),
    /** Base64. Sealed NDJSON records upwards, JSON array of command envelopes downwards. */
    body: z.string(),
  })
  .refine((segment) => segment.last >= segment.first, 'last must not be below first');
export type Segment = z.infer<typeof segmentSchema>;

export const segmentFrameSchema = z.intersection(z.object({ type: z.literal('segment') }), segmentSchema);

/** Everything up to `cursor` is durable at the receiver. Sent only after a durable commit. */
export const ackSchema = z.object({ type: z.literal('ack'), ...cursorSchema.shape });
/** The receiver met a gap: send again from `cursor + 1`. */
export const resendSchema = z.object({ type: z.literal('resend'), ...cursorSchema.shape });

export const heartbeatSchema = z.object({
  type: z.literal('heartbeat'),
  /** Sender's clock, milliseconds since the epoch; comes back in the answer. */
  timestamp: z.number(),
  /** What waits to be acknowledged by the peer. */
  queueDepth: z.object({ records: z.int().min(0), bytes: z.int().min(0) }),
  /** One-minute load average per core; 0 where the system has none. */
  load: z.number().min(0),
});
export const heartbeatAckSchema = z.object({ type: z.literal('heartbeat_ack'), timestamp: z.number() });

/** Said before an orderly close, so that the peer need not guess. */
export const goodbyeSchema = z.object({ type: z.literal('goodbye'), reason: z.string().max(200) });
/** Something of the peer's was refused; `code` is stable. */
export const errorFrameSchema = z.object({
  type: z.literal('error'),
  code: z.string().max(64),
  message: z.string().max(500),
});

export type Hello = z.infer<typeof helloSchema>;
export type Welcome = z.infer<typeof welcomeSchema>;
export type SegmentFrame = { readonly type: 'segment' } & Segment;
export type Ack = z.infer<typeof ackSchema>;
export type Resend = z.infer<typeof resendSchema>;
export type Heartbeat = z.infer<typeof heartbeatSchema>;
export type HeartbeatAck = z.infer<typeof heartbeatAckSchema>;
export type Goodbye = z.infer<typeof goodbyeSchema>;
export type ErrorFrame = z.infer<typeof errorFrameSchema>;
export type Frame = Hello | Welcome | SegmentFrame | Ack | Resend | Heartbeat | HeartbeatAck | Goodbye | ErrorFrame;

const schemas = {
  hello: helloSchema,
  welcome: welcomeSchema,
  segment: segmentFrameSchema,
  ack: ackSchema,
  resend: resendSchema,
  heartbeat: heartbeatSchema,
  heartbeat_ack: heartbeatAckSchema,
  goodbye: goodbyeSchema,
  error: errorFrameSchema,
} as const;

/**
 * JSON of a segment whose body is known to be base64: so it needs no escaping, and to put the text together is several
 * times faster than to have it searched for what to escape.
 */
export function jsonOfSegment({ body, ...rest }: Segment): string {
  return `${JSON.stringify(rest).slice(0, -1)},"body":"${body}"}`;
}

export type FrameProblem = { readonly code: 'malformed' | 'unknown_kind'; readonly message: string };

/** Reads one frame. Never throws: bad input is an outcome that the caller answers with a close code. */
export function parseFrame(text: string): { ok: true; value: Frame } | { ok: false; error: FrameProblem } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed('not JSON');
  }
  const kind = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  if (typeof kind !== 'string') return malformed('no type');
  if (!Object.hasOwn(schemas, kind)) {
    return {
      ok: false,
      error: { code: 'unknown_kind', message: `unknown frame type ${JSON.stringify(kind.slice(0, 40))}` },
    };
  }
  const parsed = schemas[kind as keyof typeof schemas].safeParse(json);
  if (parsed.success) return checkBody(parsed.data as Frame);
  const issue = parsed.error.issues[0];
  return malformed(`${kind}.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

// Here and not in the schema: a reader that opens the seal decodes the body anyway.
function checkBody(frame: Frame): { ok: true; value: Frame } | { ok: false; error: FrameProblem } {
  if (frame.type === 'segment' && !isBase64(frame.body)) return malformed('segment.body: not base64');
  return { ok: true, value: frame };
}

export function isSupportedVersion(version: number): boolean {
  return version === PROTOCOL_VERSION;
}

function malformed(message: string): { ok: false; error: FrameProblem } {
  return { ok: false, error: { code: 'malformed', message: message.slice(0, 300) } };
}
