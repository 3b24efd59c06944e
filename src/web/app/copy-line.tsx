import { CopyButton } from '../../ui/copy-button.tsx';

/** Words to type or to hand on, whole and with a copy button. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex items-start gap-2 rounded-md border border-line bg-sunken py-1.5 pr-1.5 pl-3">
      <code className="min-w-0 flex-1 self-center font-mono text-12 [overflow-wrap:anywhere]">{text}</code>
      <CopyButton text={() => text} label={label} />
    </div>
  );
}
