/** How a piece of terminal output looks. Colours are palette numbers 0 to 255 or `#rrggbb`. */
export interface TerminalStyle {
  readonly foreground?: number | string;
  readonly background?: number | string;
  readonly isBold?: true;
  readonly isDim?: true;
  readonly isItalic?: true;
  readonly isUnderlined?: true;
  readonly isStruck?: true;
  readonly isInverse?: true;
}

export const PLAIN: TerminalStyle = {};

/** Applies one `CSI … m` (ECMA-48 section 8.3.117, and the 38/48 forms of ISO 8613-6). Unknown numbers change nothing. */
export function applySgr(style: TerminalStyle, parameters: readonly number[]): TerminalStyle {
  let next: TerminalStyle = style;
  for (let at = 0; at < parameters.length; at++) {
    const code = parameters[at] ?? 0;
    if (code === 38 || code === 48) {
      const { color, used } = extendedColor(parameters, at + 1);
      if (color !== undefined) next = { ...next, [code === 38 ? 'foreground' : 'background']: color };
      at += used;
    } else next = applyCode(next, code);
  }
  return next;
}

function applyCode(style: TerminalStyle, code: number): TerminalStyle {
  if (code === 0) return PLAIN;
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  const set = ON[code];
  if (set) return { ...style, ...set };
  const removed = OFF[code];
  return removed ? without(style, removed) : style;
}

const ON: Readonly<Record<number, TerminalStyle>> = {
  1: { isBold: true },
  2: { isDim: true },
  3: { isItalic: true },
  4: { isUnderlined: true },
  7: { isInverse: true },
  9: { isStruck: true },
};

const OFF: Readonly<Record<number, readonly (keyof TerminalStyle)[]>> = {
  22: ['isBold', 'isDim'],
  23: ['isItalic'],
  24: ['isUnderlined'],
  27: ['isInverse'],
  29: ['isStruck'],
  39: ['foreground'],
  49: ['background'],
};

function without(style: TerminalStyle, keys: readonly (keyof TerminalStyle)[]): TerminalStyle {
  return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof TerminalStyle)));
}

function extendedColor(
  parameters: readonly number[],
  at: number,
): { readonly color: number | string | undefined; readonly used: number } {
  if (parameters[at] === 5) {
    const index = parameters[at + 1];
    return { color: index !== undefined && index <= 255 ? index : undefined, used: 2 };
  }
  if (parameters[at] !== 2) return { color: undefined, used: 1 };
  const channels = parameters.slice(at + 1, at + 4);
  const isColor = channels.length === 3 && channels.every((channel) => channel <= 255);
  const hex = channels.map((channel) => channel.toString(16).padStart(2, '0')).join('');
  return { color: isColor ? `#${hex}` : undefined, used: 4 };
}

/** The 6×6×6 cube and the greys of the 256-colour palette as CSS; the first 16 belong to the theme. */
export function paletteColor(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
}
