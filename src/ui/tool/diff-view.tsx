import { useMemo, useState } from 'react';
import { type DiffLine, diffLines } from './line-diff.ts';

const LINES_SHOWN = 200;

const LOOKS: Readonly<Record<DiffLine['kind'], { readonly sign: string; readonly className: string }>> = {
  same: { sign: ' ', className: '' },
  added: { sign: '+', className: 'bg-add' },
  removed: { sign: '−', className: 'bg-del' },
  skipped: { sign: '', className: 'text-faint' },
};

/** A change of one file. `before` is null for a new one. */
export function DiffView({ path, before, after }: { path: string; before: string | null; after: string }) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, LINES_SHOWN);
  const count = (kind: DiffLine['kind']): number => lines.filter((line) => line.kind === kind).length;
  return (
    <figure className="overflow-hidden rounded-md border border-line bg-surface">
      <figcaption className="flex gap-3 border-b border-line px-3 py-1 font-mono text-12">
        <span className="min-w-0 flex-1 truncate" title={path}>
          {path}
        </span>
        {count('added') > 0 && <span className="text-ok">+{count('added')}</span>}
        {count('removed') > 0 && <span className="text-bad">−{count('removed')}</span>}
      </figcaption>
      <div className="terminal py-1">
        {shown.map((line, index) => {
          const { sign, className } = LOOKS[line.kind];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text, in their order
            <div key={index} className={`flex px-3 ${className}`}>
              <span className="w-4 shrink-0 select-none text-dim" aria-hidden="true">
                {sign}
              </span>
              <span className="min-h-[18px] min-w-0 flex-1">
                {line.kind === 'added' && <span className="sr-only">added: </span>}
                {line.kind === 'removed' && <span className="sr-only">removed: </span>}
                {line.text}
              </span>
            </div>
          );
        })}
      </div>
      {!isWhole && lines.length > LINES_SHOWN && (
        <button
          type="button"
          className="w-full border-t border-line px-3 py-1 text-12 text-dim hover:bg-hover"
          onClick={() => setIsWhole(true)}
        >
          Show {lines.length - LINES_SHOWN} more lines
        </button>
      )}
    </figure>
  );
}
