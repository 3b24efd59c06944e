import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { useShortcuts } from '../../../ui/use-shortcuts.ts';
import type { Go } from '../../app/place.ts';
import { useApprovalAnswers } from '../../app/use-approval-answers.ts';
import { TaskView } from '../task/task-view.tsx';
import { FirstSteps, isFirstRun } from './first-steps.tsx';
import { HomeFooter } from './home-footer.tsx';
import { QueueSection } from './queue-section.tsx';
import { TaskSection } from './task-section.tsx';
import { WaitingSection } from './waiting-section.tsx';

interface HomeScreenProps {
  state: DesktopState;
  openTask: string | null;
  onOpenTask: (taskId: string | null) => void;
  go: Go;
}

/** The first look answers: is it all right, and does anything need me? A narrow window shows one half at a time. */
export function HomeScreen({ state, openTask, onOpenTask, go }: HomeScreenProps) {
  const answers = useApprovalAnswers();
  const open = state.tasks.find((task) => task.taskId === openTask);
  const { pendingApprovals, connection } = state.snapshot;
  // What waits before there is anyone to send it to worries nobody.
  const isPaired = connection.state !== 'unpaired' && state.engineProblem === null;
  const asked = pendingApprovals.find(({ taskId }) => taskId === open?.taskId) ?? pendingApprovals[0];
  useShortcuts({
    a: () => asked && answers.press(asked, 'allow'),
    d: () => asked && answers.press(asked, 'deny'),
    escape: () => onOpenTask(null),
  });
  return (
    <div className="flex min-h-0 flex-1">
      <div
        className={`flex min-h-0 min-w-0 flex-1 flex-col md:max-w-[400px] md:border-r md:border-line ${open ? 'max-md:hidden' : ''}`}
      >
        {isPaired && <QueueSection state={state} />}
        <div className="min-h-0 flex-1 overflow-y-auto">
          {state.engineProblem !== null ? (
            <p className="p-4 text-dim">Tasks and their logs are kept. They are here again when the bridge runs.</p>
          ) : isFirstRun(state) ? (
            <FirstSteps state={state} go={go} />
          ) : (
            <>
              <WaitingSection state={state} answers={answers} onOpenTask={onOpenTask} />
              <TaskSection
                state={state}
                openTask={openTask}
                onOpenTask={onOpenTask}
                onNew={() => go({ to: 'new-task' })}
              />
            </>
          )}
        </div>
        <HomeFooter state={state} go={go} />
      </div>
      <div className={`flex min-h-0 min-w-0 flex-1 flex-col ${open ? '' : 'max-md:hidden'}`}>
        {open ? (
          <TaskView key={open.taskId} task={open} state={state} answers={answers} onOpenTask={onOpenTask} />
        ) : (
          <p className="m-auto p-6 text-dim">Choose a task to see its log.</p>
        )}
      </div>
    </div>
  );
}
