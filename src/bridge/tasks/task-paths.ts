import path from 'node:path';

/** Absolute paths inside `<workspace>/tasks/<taskId>/` (design section 5). */
export interface TaskPaths {
  readonly folder: string;
  readonly instructions: string;
  readonly contextFiles: string;
  readonly output: string;
  readonly progress: string;
  readonly artifacts: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly journal: string;
  readonly record: string;
  /** Of a project, for a task that has one. */
  readonly worktree: string;
}

export function taskPaths(folder: string): TaskPaths {
  return {
    folder,
    instructions: path.join(folder, 'input', 'TASK.md'),
    contextFiles: path.join(folder, 'input', 'context-files'),
    output: path.join(folder, 'output'),
    progress: path.join(folder, 'output', 'TASK.md'),
    artifacts: path.join(folder, 'output', 'artifacts'),
    stdout: path.join(folder, 'log', 'stdout.log'),
    stderr: path.join(folder, 'log', 'stderr.log'),
    journal: path.join(folder, 'log', 'journal.ndjson'),
    record: path.join(folder, 'task.json'),
    worktree: path.join(folder, 'worktree'),
  };
}

/** Where a task of a workspace lives. */
export function taskFolderOf(workspace: string, taskId: string): string {
  return path.join(workspace, 'tasks', taskId);
}
