/** The part of OpenClaw's gateway protocol (version 4) that is used here. Unknown fields and events pass. */
import { z } from 'zod';

export const PROTOCOL_VERSION = 4;

const gatewayErrorSchema = z.object({
  code: z.string().catch('UNKNOWN'),
  message: z.string().catch('no reason given'),
  retryable: z.boolean().optional().catch(undefined),
});

const responseSchema = z.object({
  type: z.literal('res'),
  id: z.string(),
  ok: z.boolean(),
  payload: z.unknown().optional(),
  error: gatewayErrorSchema.optional().catch(undefined),
});
const eventSchema = z.object({
  type: z.literal('event'),
  event: z.string(),
  payload: z.looseObject({}).catch({}),
});
export type GatewayResponse = z.infer<typeof responseSchema>;
export type GatewayEvent = z.infer<typeof eventSchema>;

export const frameSchema = z.discriminatedUnion('type', [responseSchema, eventSchema]);

export const helloSchema = z.object({
  type: z.literal('hello-ok'),
  server: z.object({ version: z.string() }),
  snapshot: z
    .object({ sessionDefaults: z.object({ defaultAgentId: z.string().min(1) }).optional() })
    .catch({ sessionDefaults: undefined }),
});

export const createdSessionSchema = z.object({ key: z.string().min(1) });
export const describedSessionSchema = z.object({ session: z.looseObject({}).nullable() });
export const startedRunSchema = z.object({ runId: z.string().min(1) });
export const listedWorkSchema = z.object({
  tasks: z.array(z.object({ taskId: z.string(), status: z.string() })).catch([]),
});
