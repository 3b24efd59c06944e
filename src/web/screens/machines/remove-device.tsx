import { useState } from 'react';
import { messageOf } from '../../../base/errors.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { useClient } from '../../app/client-context.ts';

interface RemoveDeviceProps {
  deviceId: string;
  name: string;
  isMachine?: boolean;
}

/** Takes a device or machine out of the account, after asking once. */
export function RemoveDevice({ deviceId, name, isMachine = false }: RemoveDeviceProps) {
  const client = useClient();
  const [isOpen, setIsOpen] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const remove = async (): Promise<void> => {
    setIsBusy(true);
    setProblem('');
    try {
      await client.revokeDevice(deviceId);
      setIsOpen(false);
    } catch (error) {
      setProblem(messageOf(error));
    }
    setIsBusy(false);
  };
  return (
    <>
      <Button onClick={() => setIsOpen(true)} aria-label={`Remove ${name}`}>
        Remove
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title={`Remove ${name}?`}>
        <p>
          {isMachine
            ? 'It is disconnected at once and gets no more commands. What runs there goes on until it ends; its folders stay as they are.'
            : 'It is disconnected at once, and no machine takes a command from it again.'}
        </p>
        {problem !== '' && (
          <p role="alert" className="text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-3">
          <Button onClick={() => setIsOpen(false)}>Keep it</Button>
          <Button look="deny" disabled={isBusy} onClick={() => void remove().catch(() => {})}>
            {isBusy ? 'Removing' : 'Remove'}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
