import { Dialog } from './dialog.tsx';

interface KeysDialogProps {
  /** What is pressed, and what it does. */
  keys: readonly (readonly [string, string])[];
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** The keys of a face. */
export function KeysDialog({ keys, isOpen, onOpenChange }: KeysDialogProps) {
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="Keys">
      <dl className="grid grid-cols-[64px_1fr] gap-y-1.5">
        {keys.map(([key, words]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="font-mono text-12 text-dim">{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
