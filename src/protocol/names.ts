import { z } from 'zod';

/** Ids that we make: lower-case letters, digits and inner hyphens. Safe as a file name on every system. */
const ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** Names that Windows keeps for devices, with or without an extension (Naming Files, Paths, and Namespaces). */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be refused
const UNSAFE_IN_FILE_NAME = /[\u0000-\u001f\u007f<>:"/\\|?*]/;
const FILE_NAME_MAX_BYTES = 200;

/** Stands where a device's id would: whoever sits at the machine itself. */
export const MACHINE = 'machine';

export const idSchema = z
  .string()
  .regex(ID_PATTERN, 'must be 1 to 64 lower-case letters, digits or inner hyphens')
  .refine((id) => !DEVICE_NAME.test(id), 'must not be a device name');

/** A plain file name: one path component that means the same thing on Linux, macOS and Windows. */
export const fileNameSchema = z.string().superRefine((name, context) => {
  const problem = problemOfFileName(name);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

export function problemOfFileName(name: string): string | undefined {
  if (name.length === 0) return 'is empty';
  if (new TextEncoder().encode(name).length > FILE_NAME_MAX_BYTES) return `is longer than ${FILE_NAME_MAX_BYTES} bytes`;
  if (/^\.+$/.test(name)) return 'is made of dots only';
  if (UNSAFE_IN_FILE_NAME.test(name)) return 'holds a character that is not allowed in a file name';
  if (/[. ]$/.test(name)) return 'ends in a dot or a space';
  if (DEVICE_NAME.test(name)) return 'is the name of a device';
  if (!name.isWellFormed()) return 'is not valid Unicode';
  return undefined;
}

/** Name that the user gave to an allowed folder, a workspace or a project. The control plane may know it only sealed; never a path. */
export const workspaceNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, 'must be a plain name of up to 63 characters');

export const providerIdSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a provider id such as "claude"');

/** Streams of records: `bridge` and `task:<id>` go up, `commands` goes down (design section 4). */
export const BRIDGE_STREAM = 'bridge';
export const COMMANDS_STREAM = 'commands';
const TASK_STREAM_PREFIX = 'task:';

export const streamNameSchema = z.string().refine(isStreamName, 'must be "bridge", "commands" or "task:<id>"');

export function taskStream(taskId: string): string {
  return TASK_STREAM_PREFIX + taskId;
}

/** The task that a stream belongs to, or undefined for the bridge's own streams. */
export function taskOfStream(stream: string): string | undefined {
  return stream.startsWith(TASK_STREAM_PREFIX) ? stream.slice(TASK_STREAM_PREFIX.length) : undefined;
}

function isStreamName(name: string): boolean {
  if (name === BRIDGE_STREAM || name === COMMANDS_STREAM) return true;
  const taskId = taskOfStream(name);
  return taskId !== undefined && idSchema.safeParse(taskId).success;
}
