import { useState } from 'react';
import type { WebTask } from '../../../client/web-state.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { sentenceOfReason } from '../../../ui/words/reasons.ts';
import { useClient } from '../../app/client-context.ts';

type Step = 'closed' | 'confirming' | 'sent';

/** Asks once; until then nothing is sent, so closing the question undoes everything. */
export function CancelTask({ task, machineName }: { task: WebTask; machineName: string }) {
  const client = useClient();
  const [step, setStep] = useState<Step>('closed');
  const [problem, setProblem] = useState('');
  const cancel = (): void => {
    setStep('sent');
    setProblem('');
    const settled = client.cancelTask(task.taskId, task.bridgeId).outcome.then((outcome) => {
      if (outcome.outcome === 'done') return;
      setStep('closed');
      setProblem(
        outcome.outcome === 'expired'
          ? `${machineName} did not get the cancel in time.`
          : sentenceOfReason(outcome.reason),
      );
    });
    settled.catch(() => {});
  };
  return (
    <div className="flex flex-col items-end gap-1">
      <Button onClick={() => setStep('confirming')} disabled={step === 'sent'}>
        {step === 'sent' ? 'Cancelling' : 'Cancel'}
      </Button>
      {problem !== '' && (
        <p role="alert" className="max-w-60 text-right text-12 text-bad">
          {problem}
        </p>
      )}
      <Dialog
        isOpen={step === 'confirming'}
        onOpenChange={(isOpen) => !isOpen && setStep('closed')}
        title="Cancel this task?"
      >
        <p>
          The agent is stopped and everything it started ends within five seconds. What it has written so far stays in
          the task’s folder on {machineName}.
        </p>
        <div className="flex justify-end gap-3">
          <Button onClick={() => setStep('closed')}>Let it run</Button>
          <Button look="deny" onClick={cancel}>
            Cancel the task
          </Button>
        </div>
      </Dialog>
    </div>
  );
}
