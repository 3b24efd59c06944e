import { assertNever } from '../../base/assert-never.ts';
import { sizeOf } from '../../base/times.ts';
import { commandOf } from '../../protocol/records/requested-action.ts';
import { textOfLines } from '../terminal-text.tsx';
import type { LogBlock, ToolCallRecord } from './log-blocks.ts';
import { wordsOfProblem, wordsOfState } from './log-words.ts';

/** What a block says, as plain text: one entry for each line of output, one in all for everything else. */
export function linesOfBlock(block: LogBlock): readonly string[] {
  return block.kind === 'terminal' ? block.lines.map((line) => textOfLines([line])) : [textOf(block)];
}

/** A whole log as plain text. */
export function textOfLog(blocks: readonly LogBlock[]): string {
  return blocks.map((block) => linesOfBlock(block).join('\n')).join('\n');
}

function textOf(block: Exclude<LogBlock, { kind: 'terminal' }>): string {
  switch (block.kind) {
    case 'user':
    case 'agent':
    case 'thought':
    case 'notice':
    case 'mark':
      return block.text;
    case 'tool':
      return textOfTool(block.call);
    case 'plan':
      return block.entries
        .map((entry) => `${entry.status === 'completed' ? '[x]' : '[ ]'} ${entry.content}`)
        .join('\n');
    case 'approval':
      return commandOf(block.request.request.input) ?? block.request.title;
    case 'state':
      return wordsOfState(block);
    case 'output_gap':
      return `${sizeOf(block.bytes)} of output stayed on the machine`;
    case 'problem':
      return wordsOfProblem(block.problem);
    default:
      return assertNever(block, 'block');
  }
}

function textOfTool({ title, rawInput, content = [] }: ToolCallRecord): string {
  const parts = content.map((part) => (part.type === 'content' ? part.content.text : `${part.path}\n${part.newText}`));
  return [title, commandOf(rawInput) ?? '', ...parts].filter((text) => text !== '').join('\n');
}
