import { dialog } from 'electron/main';
import { countOf } from '../../base/times.ts';

export type QuitChoice = 'finish' | 'stop' | 'stay';

/** Asks what is to become of the tasks that run. `isFinishing`: the app already waits for them. */
export async function askAboutTasks(about: { running: number; isFinishing: boolean }): Promise<QuitChoice> {
  const { running, isFinishing } = about;
  const are = running === 1 ? 'is' : 'are';
  const wait = isFinishing ? 'No new task begins. ' : '';
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: `${countOf(running, 'task')} ${are} ${isFinishing ? 'still running' : 'running'}`,
    detail: `${wait}If you stop them now, they end as interrupted. You can go on with them later.`,
    buttons: [isFinishing ? 'Keep waiting' : 'Quit when they are done', 'Stop them and quit', 'Stay'],
    defaultId: isFinishing ? 0 : 2,
    cancelId: isFinishing ? 0 : 2,
  });
  return (['finish', 'stop', 'stay'] as const)[response] ?? 'stay';
}
