import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '../../../ui/button.tsx';

/**
 * A screen beside the first one: its title, the way back, and what it is about. Keys begin there when it opens: in the
 * field marked `data-first`, else before everything. Escape leaves a field first, then the screen.
 */
export function ScreenFrame(props: { title: string; onDone: () => void; children: React.ReactNode }) {
  const { title, onDone, children } = props;
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    const first = frame.current?.querySelector<HTMLElement>('[data-first]');
    (first ?? frame.current)?.focus();
  }, []);
  const leaveField = (event: React.KeyboardEvent): void => {
    if (event.key !== 'Escape' || !(event.target instanceof HTMLElement) || event.target === frame.current) return;
    if (event.target.matches('input, textarea, select')) event.target.blur();
  };
  return (
    <section
      ref={frame}
      tabIndex={-1}
      aria-label={title}
      onKeyDown={leaveField}
      className="flex min-h-0 flex-1 flex-col outline-none"
    >
      <div className="flex shrink-0 items-center gap-2 border-b border-line bg-surface px-3 py-2">
        <Button look="quiet" aria-label="Back" title="Back (Escape)" className="px-1.5!" onClick={onDone}>
          <ArrowLeft size={16} aria-hidden="true" />
        </Button>
        <h2 className="text-15 font-semibold">{title}</h2>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="max-w-[720px] space-y-5 p-4">{children}</div>
      </div>
    </section>
  );
}
