import type { TaskLaunch } from '../../protocol/wire/commands.ts';

/** What an agent is told: the person's words, then where things are. Paths are relative to its working folder. */
export function promptOfTask(launch: TaskLaunch): string {
  return [launch.instructions.trimEnd(), '', '---', ...placeLines(launch)].join('\n');
}

/** One more message. An agent without a session to go on with is told the task first. */
export function promptOfMessage(launch: TaskLaunch, sessionId: string | null, message: string): string {
  if (sessionId !== null) return message;
  return [promptOfTask(launch), '', 'The person has said since:', '', message].join('\n');
}

/** After a crash of the bridge. The agent may have got the message before or not, so it is repeated. */
export function promptOfResume(message: string): string {
  return [
    'You were interrupted: the program that runs you on this machine was restarted. Go on from where you were.',
    'Do not repeat what is done already; look at the files before you do a step again.',
    '',
    'The last thing that you were told:',
    '',
    message,
  ].join('\n');
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
