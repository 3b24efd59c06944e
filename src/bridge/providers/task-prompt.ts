import path from 'node:path';
import type { TaskLaunch } from '../../protocol/wire/commands.ts';

/** A task as its agent is told it. Absolute paths. */
export interface ToldTask {
  readonly launch: TaskLaunch;
  readonly folder: string;
  readonly cwd: string;
}

/** What an agent is told: the person's words, then where things are. */
export function promptOfTask(task: ToldTask): string {
  return [task.launch.instructions.trimEnd(), '', '---', ...placeLines(task)].join('\n');
}

/** One more message. An agent without a session to go on with is told the task first. */
export function promptOfMessage(task: ToldTask, sessionId: string | null, message: string): string {
  if (sessionId !== null) return message;
  return [promptOfTask(task), '', 'The person has said since:', '', message].join('\n');
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

function placeLines(task: ToldTask): string[] {
  const names = task.launch.files.map((file) => file.name);
  return [
    workLine(task),
    ...(names.length > 0
      ? [`- Files that came with the task are in ${at(task, 'input/context-files/')}: ${names.join(', ')}`]
      : []),
    `- Keep ${at(task, 'output/TASK.md')} up to date while you work: what you did, what you found, what is left.`,
    `- Put every file that the person should get into ${at(task, 'output/artifacts/')}.`,
  ];
}

function workLine({ launch: { project }, cwd }: ToldTask): string {
  const where = 'About where you work: your working folder';
  if (!project) return `${where} was made for this task alone.`;
  return project.worktree
    ? `${where}, ${cwd}, is a git worktree of the person’s project “${project.name}”, on a branch made for this task.`
    : `${where}, ${cwd}, is the person’s project “${project.name}”, with their own files.`;
}

/** A place in the task's folder: relative where that is the working folder. */
function at({ folder, cwd }: ToldTask, place: string): string {
  return cwd === folder ? place : `${folder}${path.sep}${place.replaceAll('/', path.sep)}`;
}
