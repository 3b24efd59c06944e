import { StatusShape } from './status.tsx';
import { TimeText } from './time-text.tsx';
import type { StatusLook } from './words/states.ts';

/** One task of a list. Shape, title and time in front; the words of its state in the second line. */
export interface TaskRow {
  readonly taskId: string;
  readonly title: string;
  /** Agent, machine and what it is at, in one line. */
  readonly detail: string;
  readonly look: StatusLook;
  readonly time: string;
  readonly timeAt: number;
}

/** A row that leads to the task's own page. */
export function TaskLink({ row, href, isSelected }: { row: TaskRow; href: string; isSelected: boolean }) {
  return (
    <a href={href} aria-current={isSelected ? 'page' : undefined} className={classOf(isSelected)}>
      <Content row={row} />
    </a>
  );
}

/** A row that opens the task beside the list. */
export function TaskButton({ row, isOpen, onPress }: { row: TaskRow; isOpen: boolean; onPress: () => void }) {
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      data-task={row.taskId}
      onClick={onPress}
      className={`w-full text-left ${classOf(isOpen)}`}
    >
      <Content row={row} />
    </button>
  );
}

function classOf(isSelected: boolean): string {
  const colour = isSelected ? 'bg-selected' : 'hover:bg-hover';
  return `grid grid-cols-[12px_minmax(0,1fr)_auto] items-center gap-x-2.5 px-4 py-2 -outline-offset-2 ${colour}`;
}

function Content({ row }: { row: TaskRow }) {
  return (
    <>
      <StatusShape look={row.look} />
      <span className="truncate font-semibold">{row.title}</span>
      <TimeText at={row.timeAt} className="text-12 text-dim">
        {row.time}
      </TimeText>
      <span className="col-start-2 col-end-4 truncate text-12 text-dim">{row.detail}</span>
    </>
  );
}
