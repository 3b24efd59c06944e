import { applySgr, PLAIN, type TerminalStyle } from './style.ts';

export interface TerminalSpan {
  readonly text: string;
  readonly style: TerminalStyle;
}
export type TerminalLine = readonly TerminalSpan[];

/** A longer line is broken, so that output without line ends cannot eat the page. */
const LINE_CHARACTERS_MAX = 4_000;
const SEQUENCE_CHARACTERS_MAX = 4_096;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a terminal obeys
const CONTROL = /[\u0000-\u001f\u007f\u009b]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const CSI = /^\u001b\[([0-9:;<=>?]*)[ -/]*([@-~])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const OSC = /^\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const SHORT = /^\u001b[ -/]*[0-OQ-WYZ\\`-~]/;

/**
 * Turns terminal output into lines, however it is cut into pieces: colours are kept, a carriage return writes over the
 * line (as progress bars do), an erased line is erased, and every other control sequence is dropped. Not a screen: what
 * moves the cursor to other lines cannot change what was printed.
 */
export class TerminalLines {
  readonly lines: TerminalLine[] = [[]];
  #style: TerminalStyle = PLAIN;
  #column = 0;
  /** A control sequence that is not complete yet. */
  #pending = '';

  write(text: string): void {
    let rest = this.#pending + text;
    this.#pending = '';
    while (rest !== '') {
      CONTROL.lastIndex = 0;
      const at = CONTROL.exec(rest)?.index ?? rest.length;
      if (at > 0) this.#print(rest.slice(0, at));
      rest = at < rest.length ? this.#control(rest.slice(at)) : '';
    }
  }

  #control(text: string): string {
    switch (text[0]) {
      case '\n':
        this.#newLine();
        return text.slice(1);
      case '\r':
        this.#column = 0;
        return text.slice(1);
      case '\b':
        this.#column = Math.max(0, this.#column - 1);
        return text.slice(1);
      case '\t':
        this.#print(' '.repeat(8 - (this.#column % 8)));
        return text.slice(1);
      case '\u001b':
        return this.#escape(text);
      default:
        return text.slice(1);
    }
  }

  #escape(text: string): string {
    const csi = CSI.exec(text);
    if (csi) {
      this.#sequence(csi[2] ?? '', csi[1] ?? '');
      return text.slice(csi[0].length);
    }
    const dropped = OSC.exec(text) ?? SHORT.exec(text);
    if (dropped) return text.slice(dropped[0].length);
    // Either the rest is still to come, or this is no sequence at all and only its first character is dropped.
    if (text.length > SEQUENCE_CHARACTERS_MAX) return text.slice(1);
    this.#pending = text;
    return '';
  }

  #sequence(final: string, parameters: string): void {
    if (final === 'm') {
      const numbers = parameters.split(/[;:]/).map((part) => (part === '' ? 0 : Number(part)));
      if (numbers.every(Number.isInteger)) this.#style = applySgr(this.#style, numbers);
    } else if (final === 'K') this.#erase(parameters);
    else if (final === 'G') this.#column = Math.min(LINE_CHARACTERS_MAX, Math.max(0, (Number(parameters) || 1) - 1));
  }

  #erase(parameters: string): void {
    if (parameters === '1') return;
    const isWhole = parameters === '2';
    this.#setLine(isWhole ? [] : cut(this.#line, 0, this.#column));
  }

  #print(text: string): void {
    const room = LINE_CHARACTERS_MAX - this.#column;
    const piece = text.slice(0, room);
    this.#setLine(overwrite(this.#line, this.#column, { text: piece, style: this.#style }));
    this.#column += piece.length;
    if (text.length <= room) return;
    this.#newLine();
    this.#print(text.slice(room));
  }

  #newLine(): void {
    this.lines.push([]);
    this.#column = 0;
  }

  get #line(): TerminalLine {
    return this.lines.at(-1) ?? [];
  }

  #setLine(line: TerminalLine): void {
    this.lines[this.lines.length - 1] = line;
  }
}

function overwrite(line: TerminalLine, column: number, span: TerminalSpan): TerminalLine {
  const before = cut(line, 0, column);
  const gap = column - lengthOf(before);
  const padding: TerminalLine = gap > 0 ? [{ text: ' '.repeat(gap), style: PLAIN }] : [];
  const after = cut(line, column + span.text.length, Number.POSITIVE_INFINITY);
  return join([...before, ...padding, span, ...after]);
}

function cut(line: TerminalLine, from: number, to: number): TerminalLine {
  const kept: TerminalSpan[] = [];
  let at = 0;
  for (const span of line) {
    const text = span.text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (text !== '') kept.push({ text, style: span.style });
    at += span.text.length;
  }
  return kept;
}

// Equal neighbours become one, so that the same output gives the same lines however it came.
function join(spans: readonly TerminalSpan[]): TerminalLine {
  const joined: TerminalSpan[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && isSameStyle(last.style, span.style))
      joined[joined.length - 1] = { ...last, text: last.text + span.text };
    else joined.push(span);
  }
  return joined;
}

function isSameStyle(a: TerminalStyle, b: TerminalStyle): boolean {
  return a === b || JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

function lengthOf(line: TerminalLine): number {
  return line.reduce((sum, span) => sum + span.text.length, 0);
}
