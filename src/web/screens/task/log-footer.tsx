import { momentOf } from '../../../base/times.ts';
import type { WebState, WebTask } from '../../../client/web-state.ts';
import { useNow } from '../../../ui/time-text.tsx';
import { sentenceOfCode } from '../../../ui/words/reasons.ts';
import { isLive, type ShownTaskState } from '../../../ui/words/states.ts';
import { machineNameOf } from '../task-rows.ts';

interface LogFooterProps {
  task: WebTask;
  state: WebState;
  shownState: ShownTaskState;
  isEmpty: 'loading' | 'empty' | 'filled';
}

/** After the newest output: what is being waited for, or why nothing more will come. */
export function LogFooter(props: LogFooterProps) {
  const words = useFooterWords(props);
  return words === undefined ? null : <p className="max-w-[72ch] pt-2 text-dim">{words}</p>;
}

function useFooterWords({ task, state, shownState, isEmpty }: LogFooterProps): string | undefined {
  const now = useNow(10_000);
  const bridge = state.bridges.find((candidate) => candidate.bridgeId === task.bridgeId);
  const machine = machineNameOf(state, task.bridgeId);
  const isOnline = bridge?.isOnline ?? false;
  if (task.state === 'rejected')
    return `${machine} did not take this task. ${task.code ? sentenceOfCode(task.code) : ''} Nothing ran.`;
  if (task.state === 'expired')
    return `${machine} did not come online before ${momentOf(task.deadline, now)}, so the task expired. Nothing ran. Launch it again with Run again.`;
  if (shownState !== task.state && !isLive(task.state) && isLive(shownState))
    return 'The control plane says that this task ended, but the machine’s own sealed log does not say so yet.';
  if (!isLive(shownState)) return isEmpty === 'empty' ? 'The machine sent no log of this task.' : undefined;
  if (!isOnline && task.state === 'queued' && task.deadline > now)
    return `${machine} is offline. The task starts when it is back, until ${momentOf(task.deadline, now)}.`;
  if (!isOnline) {
    const since = bridge?.since ? ` since ${momentOf(bridge.since, now)}` : '';
    return `${machine} is offline${since}. The task goes on there if the machine runs; its output comes when it is back.`;
  }
  if (isEmpty === 'loading') return 'Loading the log';
  return isEmpty === 'empty' ? `Waiting for ${machine} to begin` : undefined;
}
