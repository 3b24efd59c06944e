import type { TerminalLine } from '../terminal/terminal-lines.ts';
import type { LogBlock } from './log-blocks.ts';

const LINE_PX = 18;
/** Of the monospaced faces at 12 px, near enough. */
const CHARACTER_PX = 7.2;
/** The widest the log's column gets, and what its edges and those of an output box take of it. */
const COLUMN_MAX_PX = 860;
const EDGES_PX = 58;

/** About how high a block will be that was never rendered. */
export function estimatedHeightOf(block: LogBlock | undefined, widthPx: number): number {
  if (block?.kind === 'terminal') return rowsOf(block.lines, columnsIn(widthPx)) * LINE_PX + 12;
  if (block?.kind === 'agent' || block?.kind === 'user') return 20 * Math.ceil(block.text.length / 72) + 16;
  return block?.kind === 'approval' ? 180 : 30;
}

function columnsIn(widthPx: number): number {
  return Math.max(1, Math.floor((Math.min(widthPx, COLUMN_MAX_PX) - EDGES_PX) / CHARACTER_PX));
}

const known = new WeakMap<readonly TerminalLine[], { readonly columns: number; readonly rows: number }>();

/** Long lines wrap. Asked for each block at each change of a log, so what was counted is remembered. */
function rowsOf(lines: readonly TerminalLine[], columns: number): number {
  const before = known.get(lines);
  if (before?.columns === columns) return before.rows;
  let rows = 0;
  for (const line of lines) {
    const length = line.reduce((sum, span) => sum + span.text.length, 0);
    rows += Math.max(1, Math.ceil(length / columns));
  }
  known.set(lines, { columns, rows });
  return rows;
}
