/** What a part of `ctrlnode up` tells the process that started it, over the channel that Node opens between the two. */
import { z } from 'zod';
import { snapshotSchema } from '../ui/snapshot.ts';

export const hostMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('control-plane-ready'), port: z.number(), origin: z.string(), serverId: z.string() }),
  z.object({ type: z.literal('bridge-ready'), snapshot: snapshotSchema }),
  z.object({ type: z.literal('bridge-changed'), snapshot: snapshotSchema }),
  /** The person ends it, and means all of it. It ends by itself after this. */
  z.object({ type: z.literal('quit') }),
  /** It cannot run. It ends by itself after this. */
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type HostMessage = z.infer<typeof hostMessageSchema>;
