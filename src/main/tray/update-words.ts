import { assertNever } from '../../base/assert-never.ts';
import type { UpdateState } from '../../protocol/ui/desktop-state.ts';

/** What the menu says of updates, and what pressing it does. */
export function updateLabel({ kind, version }: UpdateState, runningTasks: number): string {
  switch (kind) {
    case 'none':
      return 'Updates come with signed builds';
    case 'idle':
      return 'Check for updates…';
    case 'current':
      return 'No newer version. Check again…';
    case 'failed':
      return version ? `${version} could not be downloaded. Try again…` : 'Updates could not be looked for. Try again…';
    case 'checking':
      return 'Looking for updates';
    case 'downloading':
      return `Downloading ${version}`;
    case 'ready':
      return runningTasks > 0 ? `${version} is ready, and waits until no task runs` : `Restart to update to ${version}`;
    default:
      return assertNever(kind, 'update');
  }
}

/** What came of a check that a person asked for. */
export function updateAnswer({ kind, version }: UpdateState, ownVersion: string): { message: string; detail: string } {
  switch (kind) {
    case 'current':
      return { message: 'There is no newer version', detail: `This is CTRL NODE ${ownVersion}.` };
    case 'checking':
      return { message: 'Updates are being looked for', detail: 'The menu says what was found.' };
    case 'downloading':
      return {
        message: 'A newer version is on its way',
        detail: `${version} is being downloaded. The menu offers it when it is here.`,
      };
    case 'ready':
      return { message: `${version} is ready`, detail: 'The menu restarts CTRL NODE into it, when no task runs.' };
    case 'failed':
      return version
        ? { message: `${version} could not be downloaded`, detail: 'It is tried again later. Nothing was changed.' }
        : {
            message: 'Updates could not be looked for',
            detail: 'The place that has them gave no usable answer. It is tried again later.',
          };
    case 'none':
    case 'idle':
      return { message: 'This build takes no updates', detail: 'They come with builds that the system can check.' };
    default:
      return assertNever(kind, 'update');
  }
}
