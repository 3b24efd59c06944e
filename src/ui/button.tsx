type Look = 'plain' | 'primary' | 'allow' | 'deny' | 'quiet';

const LOOKS: Readonly<Record<Look, string>> = {
  plain: 'border-line bg-surface text-text hover:bg-[color-mix(in_oklch,var(--surface),var(--text)_5%)]',
  primary: 'border-accent bg-accent text-on-accent font-semibold hover:brightness-110',
  allow: 'border-line bg-surface text-ok font-semibold hover:border-ok',
  deny: 'border-line bg-surface text-bad font-semibold hover:border-bad',
  quiet: 'border-transparent bg-transparent text-dim hover:bg-hover hover:text-text',
};

const SHAPE =
  'inline-flex h-[30px] shrink-0 items-center justify-center gap-1.5 rounded-md border px-3 text-13 whitespace-nowrap transition-colors duration-100 disabled:opacity-60 pointer-coarse:h-10';

export function buttonClass(look: Look = 'plain'): string {
  return `${SHAPE} ${LOOKS[look]}`;
}

interface ButtonProps extends React.ComponentProps<'button'> {
  look?: Look;
}

export function Button({ look = 'plain', className = '', type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={`${buttonClass(look)} ${className}`} {...rest} />;
}
