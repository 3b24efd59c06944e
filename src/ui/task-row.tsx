import { StatusShape } from './status.tsx';
import { TimeText } from './time-text.tsx';
import type { StatusLook } from './words/states.ts';

export interface TaskRowData {
  readonly taskId: string;
  readonly title: string;
  /** Agent, machine and what it is at, in one line. */
  readonly detail: string;
  readonly look: StatusLook;
  readonly time: string;
  readonly timeAt: number;
  readonly href: string;
}

/** One task of a list. Shape, title and time in front; the words of its state in the second line. */
export function TaskRow({ row, isSelected }: { row: TaskRowData; isSelected: boolean }) {
  return (
    <a
      href={row.href}
      aria-current={isSelected ? 'page' : undefined}
      className={`grid grid-cols-[12px_minmax(0,1fr)_auto] items-center gap-x-2.5 px-4 py-2 -outline-offset-2 ${isSelected ? 'bg-selected' : 'hover:bg-hover'}`}
    >
      <StatusShape look={row.look} />
      <span className="truncate font-semibold">{row.title}</span>
      <TimeText at={row.timeAt} className="text-12 text-dim">
        {row.time}
      </TimeText>
      <span className="col-start-2 col-end-4 truncate text-12 text-dim">{row.detail}</span>
    </a>
  );
}
