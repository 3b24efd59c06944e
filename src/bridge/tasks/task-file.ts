import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import type { StoredTask } from '../ports.ts';
import type { Exit } from '../providers/supervisor/process.ts';

export interface TaskFileFacts {
  readonly providerVersion: string | null;
  readonly exit: Exit | null;
}

/** Rewrites `task.json`, what a person reads about the task years later. A reader sees the old or the new one, whole. */
export async function writeTaskFile(file: string, task: StoredTask, facts: TaskFileFacts): Promise<void> {
  const text = `${JSON.stringify(contentOf(task, facts), null, 2)}\n`;
  const temporary = `${file}.new`;
  // Not through a link that an agent may have left there: its folder is the agent's working folder.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(temporary, flags, 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** The command that made the folder, or undefined if it is not a task's folder. */
export async function commandOfFolder(file: string): Promise<string | undefined> {
  try {
    return ownerSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data?.commandId;
  } catch {
    return undefined;
  }
}

const ownerSchema = z.object({ commandId: z.string() });

function contentOf(task: StoredTask, facts: TaskFileFacts): object {
  const { launch } = task;
  return {
    version: 1,
    taskId: task.taskId,
    commandId: task.commandId,
    deviceId: task.deviceId,
    title: launch.title,
    provider: launch.provider,
    providerVersion: facts.providerVersion,
    workspace: launch.workspace,
    project: launch.project ?? null,
    settings: launch.settings,
    files: launch.files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
    state: task.state,
    reason: task.reason,
    exit: facts.exit,
    sessionId: task.sessionId,
    createdAt: isoTime(task.createdAt),
    startedAt: isoTime(task.startedAt),
    endedAt: isoTime(task.endedAt),
  };
}

function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
