/**
 * Web app ↔ control plane: one WebSocket at `/web`, subprotocol `ctrlnode.web.v1`, JSON text. The first frame is
 * `hello` with a device token; the server answers `welcome` with everything that a list needs, then changes as they come.
 */
import { z } from 'zod';
import { idSchema, streamNameSchema } from '../names.ts';
import { reasonCodeSchema } from '../reason-codes.ts';
import { taskStateSchema } from '../task-state.ts';
import { base64Schema, commandEnvelopeSchema } from './commands.ts';
import { cursorNumberSchema, epochSchema, segmentSchema } from './frames.ts';
import { approvalChangeSchema } from './segment-header.ts';

export const WEB_SUBPROTOCOL = 'ctrlnode.web.v1';

/** Online means that a round trip was answered lately (design section 2.5). */
export const bridgeViewSchema = z.object({
  bridgeId: idSchema,
  isOnline: z.boolean(),
  /** When it came online, or was last heard of. Milliseconds since the epoch; null if never. */
  since: z.number().nullable(),
  rttMs: z.number().nullable(),
  queueDepth: z.object({ records: z.number(), bytes: z.number() }),
});
export type BridgeView = z.infer<typeof bridgeViewSchema>;

/** `expired` and `rejected` are ends of the launch command; a task that a bridge took has a state of its own. */
export const taskViewStateSchema = z.enum([...taskStateSchema.options, 'rejected', 'expired']);
export type TaskViewState = z.infer<typeof taskViewStateSchema>;

export const taskViewSchema = z.object({
  taskId: idSchema,
  bridgeId: idSchema,
  provider: z.string(),
  state: taskViewStateSchema,
  code: reasonCodeSchema.nullable(),
  /** Sealed TaskLabel. */
  label: base64Schema.nullable(),
  createdAt: z.number(),
  /** Of the turn that runs, or ran last; null while the next one waits. */
  startedAt: z.number().nullable(),
  /** Of the last turn that ended, unless another one runs. */
  endedAt: z.number().nullable(),
  /** Until when an offline machine may still take it; past once it has. */
  deadline: z.number(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

const subscriptionId = z.string().min(1).max(64);

export const webClientFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.int(), token: z.string().max(4_096) }),
  /**
   * History after record `after`, then live, with no gap and no repeat. `snapshot` begins at the newest full snapshot.
   * A segment is sealed as one and sent whole: the first may begin before `after + 1` (or before the snapshot), and the
   * page drops what it has. Of a `bridge` stream, what is far before its newest snapshot is deleted: it may begin later.
   * `epoch` is the one that `after` counts in; if the stream has another one by now, it is sent from its beginning.
   */
  z.object({
    type: z.literal('subscribe'),
    subscriptionId,
    bridgeId: idSchema,
    stream: streamNameSchema,
    after: z.union([cursorNumberSchema, z.literal('snapshot')]),
    epoch: epochSchema.optional(),
  }),
  z.object({ type: z.literal('unsubscribe'), subscriptionId }),
  z.object({ type: z.literal('command'), envelope: commandEnvelopeSchema }),
  z.object({ type: z.literal('heartbeat'), timestamp: z.number() }),
]);
export type WebClientFrame = z.infer<typeof webClientFrameSchema>;

export const webServerFrameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    version: z.int(),
    accountId: idSchema,
    deviceId: idSchema,
    /** Newest roster, sealed under the account key. */
    roster: base64Schema.nullable(),
    bridges: z.array(bridgeViewSchema),
    tasks: z.array(taskViewSchema),
    approvals: z.array(approvalChangeSchema),
    serverTime: z.number(),
  }),
  z.object({ type: z.literal('bridge_changed'), bridge: bridgeViewSchema }),
  z.object({ type: z.literal('bridge_removed'), bridgeId: idSchema }),
  z.object({ type: z.literal('task_changed'), task: taskViewSchema }),
  z.object({ type: z.literal('approval_changed'), approval: approvalChangeSchema }),
  z.object({ type: z.literal('roster_changed'), roster: base64Schema }),
  z.object({ type: z.literal('segment'), subscriptionId, segment: segmentSchema }),
  /**
   * Records up to `through` of an ended task were removed from the server at `at`, to make room: what follows begins
   * after them. Only the server's word, as it can leave anything out; the page says whose it is.
   */
  z.object({
    type: z.literal('output_removed'),
    subscriptionId,
    epoch: epochSchema,
    through: cursorNumberSchema,
    at: z.number(),
  }),
  /** Everything that was stored when the subscription began has been sent. */
  z.object({ type: z.literal('caught_up'), subscriptionId, epoch: epochSchema.nullable(), cursor: cursorNumberSchema }),
  /** The command is stored and will reach the bridge once, or expire. */
  z.object({ type: z.literal('command_accepted'), commandId: idSchema }),
  /** The server did not store the command. */
  z.object({ type: z.literal('command_refused'), commandId: idSchema, code: reasonCodeSchema, message: z.string() }),
  /** What the bridge made of a command; the words are in its sealed stream. */
  z.object({
    type: z.literal('command_outcome'),
    commandId: idSchema,
    outcome: z.enum(['done', 'rejected', 'expired']),
    code: reasonCodeSchema.nullable(),
  }),
  z.object({ type: z.literal('heartbeat_ack'), timestamp: z.number() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);
export type WebServerFrame = z.infer<typeof webServerFrameSchema>;
