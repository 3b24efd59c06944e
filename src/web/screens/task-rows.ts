import { clockTimeOf, daysBefore, momentOf, shortDurationOf, shortMomentOf } from '../../base/times.ts';
import type { WebState, WebTask } from '../../client/web-state.ts';
import type { TaskRow } from '../../ui/task-row.tsx';
import { providerNameOf } from '../../ui/words/providers.ts';
import { sentenceOfCode } from '../../ui/words/reasons.ts';
import { isLive, lookOfTask } from '../../ui/words/states.ts';

export interface TaskGroup {
  readonly name: 'Now' | 'Today' | 'Earlier';
  readonly rows: readonly TaskRow[];
}

/** Tasks as the list shows them: what goes on first, and in it what waits for a person. */
export function groupsOf(state: WebState, search: string, now: number): readonly TaskGroup[] {
  const found = state.tasks.filter((task) => isFound(task, state, search));
  const live = found.filter((task) => isLive(task.state)).sort((a, b) => needsOf(a) - needsOf(b));
  const ended = found.filter((task) => !isLive(task.state)).sort((a, b) => endOf(b) - endOf(a));
  const isToday = (task: WebTask): boolean => daysBefore(endOf(task), now) <= 0;
  const groups: TaskGroup[] = [
    { name: 'Now', rows: live.map((task) => rowOf(task, state, now)) },
    { name: 'Today', rows: ended.filter(isToday).map((task) => rowOf(task, state, now)) },
    { name: 'Earlier', rows: ended.filter((task) => !isToday(task)).map((task) => rowOf(task, state, now)) },
  ];
  return groups.filter((group) => group.rows.length > 0);
}

export function titleOf(task: WebTask): string {
  return task.title ?? 'A task whose title cannot be opened here';
}

export function machineNameOf(state: WebState, bridgeId: string): string {
  return state.bridges.find((bridge) => bridge.bridgeId === bridgeId)?.name ?? 'a machine that was removed';
}

export function agentNameOf(state: WebState, bridgeId: string, provider: string): string {
  const info = state.bridges.find((bridge) => bridge.bridgeId === bridgeId)?.info;
  return info?.providers.find(({ id }) => id === provider)?.name ?? providerNameOf(provider);
}

function rowOf(task: WebTask, state: WebState, now: number): TaskRow {
  const { time, timeAt } = timeOf(task, now);
  const agent = agentNameOf(state, task.bridgeId, task.provider);
  const machine = machineNameOf(state, task.bridgeId);
  return {
    taskId: task.taskId,
    title: titleOf(task),
    detail: `${agent} · ${machine} · ${stateWordsOf(task)}`,
    look: lookOfTask(task.state),
    time,
    timeAt,
  };
}

function stateWordsOf(task: WebTask): string {
  const { word } = lookOfTask(task.state);
  const isReasonNews = task.state === 'failed' || task.state === 'rejected' || task.state === 'interrupted';
  if (task.code === null || !isReasonNews) return word.toLowerCase();
  return `${word.toLowerCase()}: ${sentenceOfCode(task.code)}`;
}

function timeOf(task: WebTask, now: number): { readonly time: string; readonly timeAt: number } {
  // After the deadline, or an end, it can only be one that its machine has taken.
  if (task.state === 'queued' && task.endedAt === null && task.deadline > now)
    return { time: `until ${momentOf(task.deadline, now)}`, timeAt: task.deadline };
  if (isLive(task.state)) {
    const startedAt = task.startedAt ?? endOf(task);
    return { time: shortDurationOf(now - startedAt), timeAt: startedAt };
  }
  const at = endOf(task);
  return { time: daysBefore(at, now) === 0 ? clockTimeOf(at) : shortMomentOf(at, now), timeAt: at };
}

function endOf(task: WebTask): number {
  return task.endedAt ?? task.createdAt;
}

function needsOf(task: WebTask): number {
  return task.state === 'waiting' ? 0 : 1;
}

function isFound(task: WebTask, state: WebState, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [
    task.title ?? '',
    task.workspace ?? '',
    agentNameOf(state, task.bridgeId, task.provider),
    machineNameOf(state, task.bridgeId),
    lookOfTask(task.state).word,
  ];
  const haystack = text.join(' ').toLowerCase();
  return words.every((word) => haystack.includes(word));
}
