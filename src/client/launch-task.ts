import { CodedError, messageOf } from '../base/errors.ts';
import { err, type Result } from '../base/result.ts';
import type { TaskLaunch } from '../protocol/wire/commands.ts';
import type { CommandOutcome, SentCommand } from './command-outcome.ts';
import { UploadRefused, type UploadSource, uploadFile } from './upload-file.ts';

/** How long a machine that is offline may still take a launch, if nothing else is said: a day. */
export const LAUNCH_DEADLINE_MS = 24 * 3_600_000;

export interface LaunchRequest extends Omit<TaskLaunch, 'taskId' | 'files' | 'settings'> {
  readonly bridgeId: string;
  readonly files?: readonly UploadSource[];
  readonly settings?: TaskLaunch['settings'];
}

export interface LaunchOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Bytes of the files that the server has stored, and bytes in all. */
  onProgress?(sentBytes: number, totalBytes: number): void;
}

/** `accepted` resolves after the files; both promises never reject. */
export interface LaunchedTask {
  readonly taskId: string;
  readonly accepted: Promise<Result<void, CommandOutcome>>;
  readonly outcome: Promise<CommandOutcome>;
}

export interface LaunchPort {
  createTaskId(): string;
  send(
    action: string,
    body: unknown,
    extra: { readonly launch?: TaskLaunch; readonly deadlineMs: number },
  ): SentCommand;
}

export function launchTask(port: LaunchPort, request: LaunchRequest, options: LaunchOptions): LaunchedTask {
  const taskId = port.createTaskId();
  const launched = sendAll(port, taskId, request, options);
  return {
    taskId,
    accepted: launched.then(
      (command) => command.accepted,
      (error: unknown) => err(outcomeOf(error)),
    ),
    outcome: launched.then((command) => command.outcome, outcomeOf),
  };
}

async function sendAll(
  port: LaunchPort,
  taskId: string,
  request: LaunchRequest,
  options: LaunchOptions,
): Promise<SentCommand> {
  const { bridgeId: _, files: sources = [], settings = {}, ...rest } = request;
  const deadlineMs = options.deadlineMs ?? LAUNCH_DEADLINE_MS;
  const totalBytes = sources.reduce((sum, source) => sum + source.sizeBytes, 0);
  const files: TaskLaunch['files'] = [];
  let sentBytes = 0;
  for (const source of sources) {
    const file = await uploadFile(source, {
      sendPiece: (body) => port.send('file_put', body, { deadlineMs }),
      onProgress: (bytes) => options.onProgress?.(sentBytes + bytes, totalBytes),
      signal: options.signal,
    });
    sentBytes += source.sizeBytes;
    files.push(file);
  }
  options.signal?.throwIfAborted();
  const launch: TaskLaunch = { ...rest, taskId, files, settings };
  return port.send('task_launch', launch, { launch, deadlineMs });
}

function outcomeOf(error: unknown): CommandOutcome {
  if (error instanceof UploadRefused) return error.outcome;
  const code = error instanceof CodedError ? error.code : 'file_missing';
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return {
    outcome: 'rejected',
    by: 'device',
    reason: isAbort
      ? { code: 'cancelled_by_user', message: 'You stopped sending the files.' }
      : { code, message: messageOf(error) },
  };
}
