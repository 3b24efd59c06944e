import { memo } from 'react';
import { paletteColor, type TerminalStyle } from './terminal/style.ts';
import type { TerminalLine } from './terminal/terminal-lines.ts';

/** Terminal output with its colours. Lines that did not change are not rendered again. */
export function TerminalText({ lines }: { lines: readonly TerminalLine[] }) {
  // Lines have no identity of their own and never move within a block.
  // biome-ignore lint/suspicious/noArrayIndexKey: see above
  return lines.map((line, index) => <Line key={index} line={line} />);
}

const Line = memo(function Line({ line }: { line: TerminalLine }) {
  return (
    <div className="min-h-[18px]">
      {line.map((span, index) => {
        const style = cssOf(span.style);
        if (!style) return span.text;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity of their own
          <span key={index} style={style}>
            {span.text}
          </span>
        );
      })}
    </div>
  );
});

export function textOfLines(lines: readonly TerminalLine[]): string {
  return lines.map((line) => line.map((span) => span.text).join('')).join('\n');
}

function cssOf(style: TerminalStyle): React.CSSProperties | undefined {
  if (Object.keys(style).length === 0) return undefined;
  const foreground = colorOf(style.foreground);
  const background = colorOf(style.background);
  const [color, backgroundColor] = style.isInverse
    ? [background ?? 'var(--sunken)', foreground ?? 'var(--text)']
    : [foreground, background];
  const lines = [style.isUnderlined && 'underline', style.isStruck && 'line-through'].filter(Boolean).join(' ');
  return {
    ...(color && { color: backgroundColor ? color : readable(color) }),
    ...(backgroundColor && { backgroundColor }),
    ...(style.isBold && { fontWeight: 600 }),
    ...(style.isDim && !foreground && { color: 'var(--faint)' }),
    ...(style.isItalic && { fontStyle: 'italic' }),
    ...(lines && { textDecorationLine: lines }),
  };
}

function colorOf(color: number | string | undefined): string | undefined {
  if (typeof color !== 'number') return color;
  return color < 16 ? `var(--ansi-${color})` : paletteColor(color);
}

/** A colour that a program chose for a dark terminal stays readable on a light page, and the other way round. */
function readable(color: string): string {
  if (color.startsWith('var(')) return color;
  return `light-dark(oklch(from ${color} min(l, 0.52) c h), oklch(from ${color} max(l, 0.68) c h))`;
}
