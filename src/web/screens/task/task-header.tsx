import { useState } from 'react';
import { countOf, durationOf, momentOf, sizeOf } from '../../../base/times.ts';
import type { WebState, WebTask } from '../../../client/web-state.ts';
import { Button, buttonClass } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import type { LogSummary } from '../../../ui/log/log-blocks.ts';
import { Status } from '../../../ui/status.tsx';
import { useNow } from '../../../ui/time-text.tsx';
import { isLive, lookOfTask, type ShownTaskState } from '../../../ui/words/states.ts';
import { PageHeader } from '../page-header.tsx';
import { agentNameOf, machineNameOf, titleOf } from '../task-rows.ts';
import { CancelTask } from './cancel-task.tsx';
import { useRunAgain } from './use-run-again.ts';

interface TaskHeaderProps {
  task: WebTask;
  state: WebState;
  summary: LogSummary | null;
  shownState: ShownTaskState;
}

export function TaskHeader({ task, state, summary, shownState }: TaskHeaderProps) {
  const agent = agentNameOf(state, task.bridgeId, task.provider);
  const machine = machineNameOf(state, task.bridgeId);
  const workspace = summary?.workspace ?? task.workspace;
  const runAgain = useRunAgain(task, summary);
  return (
    <PageHeader
      title={summary?.title ?? titleOf(task)}
      backHref="/"
      detail={
        <p className="flex flex-wrap items-center gap-x-1.5 max-md:gap-x-3 max-md:text-12">
          <span>
            {agent} on {machine}
            {placeWordsOf(summary, workspace)}
          </span>
          <span aria-hidden="true" className="max-md:hidden">
            ·
          </span>
          <TaskTime task={task} summary={summary} shownState={shownState} />
          {summary && summary.files.length > 0 && <Files summary={summary} />}
        </p>
      }
      actions={
        isLive(shownState) ? (
          <CancelTask task={task} machineName={machine} />
        ) : (
          <a href="/tasks/new" className={buttonClass()} onClick={runAgain}>
            Run again
          </a>
        )
      }
    />
  );
}

function placeWordsOf(summary: LogSummary | null, workspace: string | null): string {
  const project = summary?.project;
  if (project) return project.worktree ? `, in a git worktree of ${project.name}` : `, in the project ${project.name}`;
  return workspace ? `, in ${workspace}` : '';
}

function TaskTime({ task, summary, shownState }: Omit<TaskHeaderProps, 'state'>) {
  const now = useNow(1_000);
  const look = lookOfTask(shownState);
  const startedAt = summary?.startedAt ?? task.startedAt;
  // A machine that has the task tells of it in the log; until then it must take it before the deadline.
  const isTaken = summary?.state != null;
  if (shownState === 'queued' && !isTaken)
    return <Status look={look} detail={`until ${momentOf(task.deadline, now)}`} />;
  if (isLive(shownState))
    return <Status look={look} detail={startedAt ? `for ${durationOf(now - startedAt)}` : undefined} />;
  const endedAt = summary?.state?.at ?? task.endedAt;
  const took = startedAt && endedAt ? `after ${durationOf(endedAt - startedAt)}` : undefined;
  return <Status look={look} detail={took} />;
}

function Files({ summary }: { summary: LogSummary }) {
  const [isOpen, setIsOpen] = useState(false);
  const count = summary.files.length + summary.filesOmitted;
  return (
    <>
      <span aria-hidden="true" className="max-md:hidden">
        ·
      </span>
      <button type="button" className="text-accent underline underline-offset-2" onClick={() => setIsOpen(true)}>
        {countOf(count, 'output file')}
      </button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title="Output files">
        <p className="text-dim">They are in the task’s folder on the machine and stay there.</p>
        <ul className="space-y-1">
          {summary.files.map((file) => (
            <li key={file.name} className="flex gap-4">
              <code className="min-w-0 flex-1 font-mono text-12 [overflow-wrap:anywhere]">{file.name}</code>
              <span className="text-12 text-dim">{sizeOf(file.sizeBytes)}</span>
            </li>
          ))}
        </ul>
        {summary.filesOmitted > 0 && <p className="text-dim">and {countOf(summary.filesOmitted, 'more file')}</p>}
        <div className="flex justify-end">
          <Button onClick={() => setIsOpen(false)}>Close</Button>
        </div>
      </Dialog>
    </>
  );
}
