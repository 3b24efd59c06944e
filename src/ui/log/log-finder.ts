import { linesOfBlock } from './block-text.ts';
import type { LogBlock } from './log-blocks.ts';

/** A place in a log: a line of an output block, or a whole block of another kind. */
export interface LogPlace {
  readonly blockId: string;
  readonly line: number;
}

/** Finds places in their order. What it found in a block that has not changed since is remembered. */
export type LogFinder = (blocks: readonly LogBlock[]) => readonly LogPlace[];

export function createTextFinder(query: string): LogFinder {
  const wanted = query.toLowerCase();
  if (wanted === '') return () => [];
  return createFinder((block) => linesWhere(block, (line) => line.toLowerCase().includes(wanted)));
}

/** What went wrong: failed tools, errors of the bridge, a failed end, and output that reads like an error. */
export function createFailureFinder(): LogFinder {
  return createFinder((block) => {
    switch (block.kind) {
      case 'terminal':
        return linesWhere(block, isErrorLine);
      case 'tool':
        return block.call.status === 'failed' ? [0] : [];
      case 'notice':
        return block.level === 'error' ? [0] : [];
      case 'state':
        return block.record.state === 'failed' || block.record.state === 'interrupted' ? [0] : [];
      case 'problem':
        return [0];
      default:
        return [];
    }
  });
}

function createFinder(linesIn: (block: LogBlock) => readonly number[]): LogFinder {
  const known = new WeakMap<LogBlock, readonly LogPlace[]>();
  return (blocks) =>
    blocks.flatMap((block) => {
      const before = known.get(block);
      if (before) return before;
      const places = linesIn(block).map((line) => ({ blockId: block.id, line }));
      known.set(block, places);
      return places;
    });
}

function linesWhere(block: LogBlock, isWanted: (line: string) => boolean): number[] {
  return linesOfBlock(block).flatMap((line, index) => (isWanted(line) ? [index] : []));
}

const ERROR = /\b(?:\w*error|fail(?:ed|ure)?|fatal|panic(?:ked)?|\w*exception|traceback)\b/i;
const NO_ERROR = /\b(?:0|no|without) (?:errors?|fail(?:ed|ures?)?|exceptions?)\b/i;

function isErrorLine(line: string): boolean {
  return ERROR.test(line) && !NO_ERROR.test(line);
}
