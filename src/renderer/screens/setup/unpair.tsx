import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';

/** With whom this computer is paired, and the way out of it. Asks once. */
export function Unpair({ server }: { server: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const action = useAction();
  const { host } = new URL(server);
  const unpair = async (): Promise<void> => {
    await request('pairing/unpair', null);
    setIsOpen(false);
  };
  return (
    <div className="flex items-center gap-3">
      <p className="min-w-0 flex-1 font-mono text-12 [overflow-wrap:anywhere]">{server}</p>
      <Button onClick={() => setIsOpen(true)}>Unpair</Button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title={`Unpair from ${host}?`}>
        <p>This computer can no longer be reached from there. Running tasks go on, and their folders stay.</p>
        <ProblemText>{action.problem}</ProblemText>
        <div className="flex justify-end gap-3">
          <Button onClick={() => setIsOpen(false)}>Stay paired</Button>
          <Button look="deny" disabled={action.isBusy} onClick={() => action.run(unpair)}>
            Unpair
          </Button>
        </div>
      </Dialog>
    </div>
  );
}
