import { tasksResponseSchema } from '../protocol/local/control.ts';
import { taskRecordSchema } from '../protocol/records/task-records.ts';
import type { Print } from './bridge-commands.ts';
import type { LocalClient } from './local-client.ts';
import { TerminalText } from './record-text.ts';
import { taskStateWords } from './words.ts';

/** `ctrlnode tasks [--json]`: newest first. */
export async function listTasks(client: LocalClient, format: 'json' | 'text', print: Print): Promise<void> {
  const { tasks } = tasksResponseSchema.parse(await client.get('/tasks'));
  if (format === 'json') {
    print(JSON.stringify({ tasks }));
    return;
  }
  if (tasks.length === 0) print('No tasks yet. Launch one in the web app.');
  for (const task of tasks) {
    print(
      `${task.taskId}  ${new Date(task.createdAt).toISOString().slice(0, 16).replace('T', ' ')}  ${task.provider.padEnd(8)}  ${taskStateWords(task)}`,
    );
    print(`    ${task.title}`);
  }
}

export interface LogsOptions {
  readonly follow: boolean;
  readonly json: boolean;
}

/** `ctrlnode logs <task> [--follow] [--json]`: the task's journal as text, or its lines as they stand. */
export async function printLogs(
  client: LocalClient,
  taskId: string,
  options: LogsOptions,
  signal: AbortSignal,
  write: Print,
): Promise<void> {
  const terminal = new TerminalText();
  for await (const line of client.lines(
    `/tasks/${encodeURIComponent(taskId)}/records?follow=${options.follow}`,
    signal,
  )) {
    if (options.json) {
      write(`${line}\n`);
      continue;
    }
    const record = taskRecordSchema.safeParse(JSON.parse(line));
    if (record.success) write(terminal.next(record.data));
  }
}
