import { Dialog } from '../../ui/dialog.tsx';

const KEYS: readonly (readonly [string, string])[] = [
  ['n', 'New task'],
  ['/', 'Search tasks'],
  ['j  k', 'Next or previous task, or question'],
  ['a', 'Allow what is asked; asks once'],
  ['d', 'Deny what is asked; asks once'],
  ['m', 'Write a message to the agent'],
  ['.', 'Follow the newest output'],
  ['Esc', 'Back, or close'],
  ['?', 'These keys'],
];

export function HelpDialog({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (isOpen: boolean) => void }) {
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="Keys">
      <dl className="grid grid-cols-[64px_1fr] gap-y-1.5">
        {KEYS.map(([key, words]) => (
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
