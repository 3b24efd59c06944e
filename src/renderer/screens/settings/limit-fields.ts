import type { LimitChanges, LimitName, LimitProblems, Limits } from '../../../protocol/ui/machine-settings.ts';

export interface LimitField {
  readonly name: LimitName;
  readonly label: string;
  readonly unit: string;
  /** What holds where nothing stands. */
  readonly empty: string;
  readonly hint: string;
}

export const LIMIT_FIELDS: readonly LimitField[] = [
  { name: 'limits.tasksAtOnce', label: 'Tasks at once', unit: 'tasks', empty: '4', hint: 'More wait for their turn.' },
  {
    name: 'limits.tasksAtOncePerProvider',
    label: 'Tasks of one agent at once',
    unit: 'tasks',
    empty: 'No limit',
    hint: 'Within the number above.',
  },
  {
    name: 'limits.minutesPerTask',
    label: 'Working time of a task',
    unit: 'minutes',
    empty: 'No limit',
    hint: 'Waiting for you is not counted. Beyond it the task fails.',
  },
  {
    name: 'limits.memoryMegabytesPerTask',
    label: 'Memory of a task',
    unit: 'MB',
    empty: 'No limit',
    hint: 'Of all its processes. Beyond it the task fails.',
  },
  {
    name: 'limits.outputMegabytesPerTask',
    label: 'Output of a task',
    unit: 'MB',
    empty: '4096',
    hint: 'An agent that prints more is ended.',
  },
  {
    name: 'limits.journalMegabytesPerTask',
    label: 'Output of a task that is sent',
    unit: 'MB',
    empty: '256',
    hint: 'What it prints beyond stays on this computer.',
  },
  {
    name: 'limits.waitingMegabytes',
    label: 'Waiting to be sent',
    unit: 'MB',
    empty: '1024',
    hint: 'Of all tasks. Beyond it new output is left out until there is room.',
  },
  {
    name: 'approvals.deadlineHours',
    label: 'Questions wait for',
    unit: 'hours',
    empty: '8',
    hint: 'Then they are denied by themselves.',
  },
];

/** What a person has written and not saved. */
export type LimitDraft = Readonly<Partial<Record<LimitName, string>>>;

export function textOf(limits: Limits, draft: LimitDraft, name: LimitName): string {
  return draft[name] ?? limits[name]?.toString() ?? '';
}

/** What of the draft is another number than holds now; and what is no number, in words. */
export function changesIn(draft: LimitDraft, limits: Limits): { changes: LimitChanges; problems: LimitProblems } {
  const changes: LimitChanges = {};
  const problems: LimitProblems = {};
  for (const { name } of LIMIT_FIELDS) {
    const text = draft[name]?.trim();
    if (text === undefined) continue;
    const value = text === '' ? null : Number(text.replace(',', '.'));
    if (Number.isNaN(value)) problems[name] = 'must be a number';
    else if (value !== limits[name]) changes[name] = value;
  }
  return { changes, problems };
}
