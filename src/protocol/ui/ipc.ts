/**
 * The one table of what main and renderer say to each other. Every message is parsed on the side that receives it. A
 * request is answered by {@link Answer}: an error crosses as code and sentence, never as a stack.
 */
import { z } from 'zod';
import { taskRecordSchema } from '../records/task-records.ts';
import { taskLaunchSchema, taskPromptSchema } from '../wire/commands.ts';
import { desktopSettingsSchema, desktopStateSchema } from './desktop-state.ts';
import { limitChangesSchema, limitProblemsSchema } from './machine-settings.ts';

const nothing = z.null();
const linkSchema = z.string().max(2_000);
const taskIdSchema = z.string().min(1).max(128);

export interface Contract {
  readonly request: z.ZodType;
  readonly response: z.ZodType;
  /** It changes nothing. Of all others the new state has been pushed before the answer comes. */
  readonly isReading?: true;
}

/** Renderer → main. */
export const REQUESTS = {
  'state/get': { request: nothing, response: desktopStateSchema, isReading: true },
  /** What a link would pair with, in words; changes nothing. */
  'pairing/inspect': {
    request: z.object({ link: linkSchema }),
    response: z.object({ server: z.string(), isLocal: z.boolean() }),
    isReading: true,
  },
  'pairing/pair': { request: z.object({ link: linkSchema }), response: nothing },
  'pairing/unpair': { request: nothing, response: nothing },
  /** The person chooses a folder in the system's dialog; tasks may be launched in it at once. Null if none was chosen. */
  'workspaces/add': { request: nothing, response: z.object({ name: z.string().nullable() }) },
  'workspaces/remove': { request: z.object({ name: z.string() }), response: nothing },
  'updates/check': { request: nothing, response: nothing },
  /** Restarts into the newer version. Refused while tasks run. */
  'updates/install': { request: nothing, response: nothing },
  'link/pause': { request: z.object({ untilMs: z.number().nullable() }), response: nothing },
  'link/resume': { request: nothing, response: nothing },
  'link/retry': { request: nothing, response: nothing },
  'tasks/launch': {
    request: taskLaunchSchema.omit({ taskId: true, files: true }),
    response: z.object({ taskId: z.string() }),
  },
  /** One more message to the task's agent. It stands in the log when it was taken. */
  'tasks/say': { request: taskPromptSchema, response: nothing },
  'tasks/cancel': { request: z.object({ taskId: taskIdSchema }), response: nothing },
  /** Records of a task's journal after a place in it, as many as fit a batch. */
  'tasks/records': {
    request: z.object({ taskId: taskIdSchema, cursor: z.int().min(0) }),
    response: z.object({ records: z.array(taskRecordSchema), cursor: z.number(), isCaughtUp: z.boolean() }),
    isReading: true,
  },
  'tasks/open-folder': { request: z.object({ taskId: taskIdSchema }), response: nothing, isReading: true },
  'approvals/answer': {
    request: z.object({ approvalId: z.string(), sha256: z.string(), decision: z.enum(['allow', 'deny']) }),
    response: nothing,
  },
  'providers/refresh': { request: nothing, response: nothing },
  'settings/change': { request: desktopSettingsSchema.partial(), response: nothing },
  /** Writes them into the engine's configuration, where they hold at once. With any problem none of them is written. */
  'limits/change': { request: limitChangesSchema, response: z.object({ problems: limitProblemsSchema }) },
  /** The person chooses a file of certificates in the system's dialog; they are trusted from then on. */
  'authorities/choose': { request: nothing, response: nothing },
  'authorities/forget': { request: nothing, response: nothing },
  /** Starts an engine that could not start, with the configuration as it is now. */
  'engine/start': { request: nothing, response: nothing },
  /** Opens the engine's configuration in the system's editor. */
  'config/open': { request: nothing, response: nothing, isReading: true },
  'workspaces/open': { request: z.object({ name: z.string() }), response: nothing, isReading: true },
} as const satisfies Readonly<Record<string, Contract>>;

/** Main → renderer. */
export const EVENTS = {
  state: desktopStateSchema,
  /** New records of a task are durable: ask for them. */
  'task-grew': z.object({ taskId: z.string() }),
  /** Show this part of the window. */
  navigate: z.object({
    to: z.enum(['home', 'pair', 'settings', 'task']),
    taskId: z.string().optional(),
    link: z.string().optional(),
  }),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type RequestName = keyof typeof REQUESTS;
export type RequestOf<N extends RequestName> = z.input<(typeof REQUESTS)[N]['request']>;
export type ResponseOf<N extends RequestName> = z.output<(typeof REQUESTS)[N]['response']>;
export type EventName = keyof typeof EVENTS;
export type EventOf<N extends EventName> = z.output<(typeof EVENTS)[N]>;
