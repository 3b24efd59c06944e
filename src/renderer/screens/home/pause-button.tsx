import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { request } from '../../app/desktop-client.ts';
import type { Action } from '../../app/use-action.ts';

const HOUR_MS = 3_600_000;

/** Goes offline, for as long as the person says. */
export function PauseButton({ action }: { action: Action }) {
  const [isOpen, setIsOpen] = useState(false);
  const pause = (untilMs: number | null): void => {
    setIsOpen(false);
    action.run(() => request('link/pause', { untilMs }));
  };
  return (
    <>
      <Button disabled={action.isBusy} onClick={() => setIsOpen(true)}>
        Pause
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title="Pause this computer?">
        <p>It goes offline and takes no new tasks. Running tasks go on, and what they print is sent afterwards.</p>
        <div className="flex flex-col gap-2">
          <Button onClick={() => pause(null)}>Until I resume</Button>
          <Button onClick={() => pause(Date.now() + HOUR_MS)}>For one hour</Button>
          <Button onClick={() => pause(tomorrowMorning())}>Until tomorrow, 09:00</Button>
        </div>
      </Dialog>
    </>
  );
}

function tomorrowMorning(): number {
  const date = new Date();
  date.setDate(date.getDate() + 1);
  return date.setHours(9, 0, 0, 0);
}
