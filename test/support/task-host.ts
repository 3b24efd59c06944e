/**
 * Hosts the task side in a process of its own, so that a test can kill it. Reads one JSON line of options on stdin,
 * prints `ready`, and lives until it is killed.
 */
import { createInterface } from 'node:readline';
import type { TaskLaunch, TaskPrompt } from '../../src/protocol/wire/commands.ts';
import { openTaskBridge, type TaskBridgeOptions } from './task-bridge.ts';

export interface TaskHostRequest {
  readonly options: TaskBridgeOptions;
  readonly launches: readonly (Partial<TaskLaunch> & { taskId: string })[];
  readonly prompts?: readonly TaskPrompt[];
}

for await (const line of createInterface({ input: process.stdin })) {
  const { options, launches, prompts = [] } = JSON.parse(line) as TaskHostRequest;
  const bridge = await openTaskBridge(options);
  await bridge.runner.start();
  for (const launch of launches) bridge.launch(launch);
  for (const { taskId, text } of prompts) bridge.prompt(taskId, text);
  console.log('ready');
}
