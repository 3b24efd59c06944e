import type { StatusShape as Shape, StatusLook, StatusTone } from './words/states.ts';

const TONES: Readonly<Record<StatusTone, string>> = {
  ok: 'text-ok',
  busy: 'text-busy',
  needs: 'text-needs',
  idle: 'text-faint',
  bad: 'text-bad',
};

/** The shape of a state. The word stands beside it, so it says nothing to a screen reader. */
export function StatusShape({
  look,
  className = '',
}: {
  look: Pick<StatusLook, 'shape' | 'tone'>;
  className?: string;
}) {
  return (
    <svg className={`size-3 shrink-0 ${TONES[look.tone]} ${className}`} viewBox="0 0 12 12" aria-hidden="true">
      {PATHS[look.shape]}
    </svg>
  );
}

/** Shape, colour and word. */
export function Status({ look, detail }: { look: StatusLook; detail?: string | undefined }) {
  return (
    <span className="inline-flex items-center gap-2">
      <StatusShape look={look} />
      <span className={look.tone === 'idle' ? 'text-dim' : TONES[look.tone]}>
        {look.word}
        {detail ? ` ${detail}` : ''}
      </span>
    </span>
  );
}

const stroke = { fill: 'none', stroke: 'currentColor' } as const;

const PATHS: Readonly<Record<Shape, React.ReactNode>> = {
  disc: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  check: <path d="M2 6.5 5 9.5 10.2 2.8" {...stroke} strokeWidth="2" />,
  ring: <circle className="ring-turns" cx="6" cy="6" r="4.6" {...stroke} strokeWidth="1.8" strokeDasharray="21 8" />,
  diamond: <path d="M6 .8 11.2 6 6 11.2.8 6Z" fill="currentColor" />,
  bars: <path d="M4 2v8M8 2v8" {...stroke} strokeWidth="2" />,
  hollow: <circle cx="6" cy="6" r="4.2" {...stroke} strokeWidth="1.6" />,
  broken: <circle cx="6" cy="6" r="4.2" {...stroke} strokeWidth="1.6" strokeDasharray="4 2.6" />,
  cross: <path d="M2.5 2.5 9.5 9.5M9.5 2.5 2.5 9.5" {...stroke} strokeWidth="2" />,
};
