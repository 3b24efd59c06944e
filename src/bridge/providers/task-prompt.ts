import type { TaskLaunch } from '../../protocol/wire/commands.ts';

/** What an agent is told: the person's words, then where things are. Paths are relative to its working folder. */
export function promptOfTask(launch: TaskLaunch): string {
  return [launch.instructions.trimEnd(), '', '---', ...placeLines(launch)].join('\n');
}

function placeLines(launch: TaskLaunch): string[] {
  const names = launch.files.map((file) => file.name);
  return [
    'About where you work: your working folder was made for this task alone.',
    ...(names.length > 0 ? [`- Files that came with the task are in input/context-files/: ${names.join(', ')}`] : []),
    '- Keep output/TASK.md up to date while you work: what you did, what you found, what is left.',
    '- Put every file that the person should get into output/artifacts/.',
  ];
}
