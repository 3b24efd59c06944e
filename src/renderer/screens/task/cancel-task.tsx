import { useState } from 'react';
import type { TaskSummary } from '../../../protocol/ui/snapshot.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';

/** Asks once; until then nothing happens. */
export function CancelTask({ task }: { task: TaskSummary }) {
  const [isOpen, setIsOpen] = useState(false);
  const action = useAction();
  const cancel = async (): Promise<void> => {
    await request('tasks/cancel', { taskId: task.taskId });
    setIsOpen(false);
  };
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Cancel</Button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title="Cancel this task?">
        <p>
          The agent is stopped and everything it started ends within five seconds. What it has written so far stays in
          the task’s folder.
        </p>
        <ProblemText>{action.problem}</ProblemText>
        <div className="flex justify-end gap-3">
          <Button onClick={() => setIsOpen(false)}>Let it run</Button>
          <Button look="deny" disabled={action.isBusy} onClick={() => action.run(cancel)}>
            Cancel the task
          </Button>
        </div>
      </Dialog>
    </>
  );
}
