import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemText } from './problem-text.tsx';
import { useAction } from './use-action.ts';

interface AskFirstProps {
  /** Of the button that opens the question. */
  label: string;
  /** What the button is about, where several stand beside each other. */
  accessibleLabel?: string;
  question: string;
  /** What it means. */
  words: string;
  yes: string;
  no: string;
  act: () => Promise<unknown>;
}

/** A button for what is not easily undone. Asks once; until then nothing happens. */
export function AskFirst({ label, accessibleLabel, question, words, yes, no, act }: AskFirstProps) {
  const [isOpen, setIsOpen] = useState(false);
  const action = useAction();
  const actAndClose = async (): Promise<void> => {
    await act();
    setIsOpen(false);
  };
  return (
    <>
      <Button aria-label={accessibleLabel} onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title={question}>
        <p>{words}</p>
        <ProblemText>{action.problem}</ProblemText>
        <div className="flex justify-end gap-3">
          <Button onClick={() => setIsOpen(false)}>{no}</Button>
          <Button look="deny" disabled={action.isBusy} onClick={() => action.run(actAndClose)}>
            {yes}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
