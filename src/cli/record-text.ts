import { assertNever } from '../base/assert-never.ts';
import type { ApprovalBy, TaskRecord } from '../protocol/records/task-records.ts';
import { sizeWords } from './words.ts';

/** Text that goes on where the last one ended, or lines of their own. */
interface Piece {
  readonly kind: 'flow' | 'lines';
  readonly text: string;
}

const NOTHING: Piece = { kind: 'flow', text: '' };

/** Turns records into terminal text so that a line of its own always begins at the start of a line. */
export class TerminalText {
  #isAtLineStart = true;

  next(record: TaskRecord): string {
    const { kind, text } = pieceOf(record);
    if (text === '') return '';
    const shown = kind === 'lines' && !this.#isAtLineStart ? `\n${text}\n` : kind === 'lines' ? `${text}\n` : text;
    this.#isAtLineStart = shown.endsWith('\n');
    return shown;
  }
}

function pieceOf(record: TaskRecord): Piece {
  switch (record.type) {
    case 'agent_message_chunk':
      return { kind: 'flow', text: record.content.text };
    case 'output_chunk':
      return { kind: 'flow', text: record.text };
    case 'agent_thought_chunk':
      return { kind: 'flow', text: dim(record.content.text) };
    case 'user_message_chunk':
      return lines(`> ${record.content.text.trim().replaceAll('\n', '\n> ')}`);
    case 'tool_call':
      return lines(dim(`● ${record.title}`));
    case 'tool_call_update':
      return record.status === 'failed' ? lines(dim('  failed')) : NOTHING;
    case 'task_state':
      return lines(dim(`— ${record.state}${record.reason ? `: ${record.reason.message}` : ''}`));
    case 'approval_requested':
      return lines(`◆ Waiting for you: ${record.title}`);
    case 'approval_resolved':
      return lines(
        dim(`◆ ${record.outcome}${record.by ? ` (${whoWords(record.by)})` : ''}${record.why ? `: ${record.why}` : ''}`),
      );
    case 'output_manifest':
      return lines(record.files.map((file) => dim(`+ ${file.name} (${sizeWords(file.sizeBytes)})`)).join('\n'));
    case 'output_gap':
      return lines(
        dim(
          `— output not sent, still on disk: bytes ${record.from} to ${record.to} of log/${record.stream ?? 'stdout'}.log`,
        ),
      );
    case 'plan':
      return lines(
        record.entries.map((entry) => dim(`${entry.status === 'completed' ? '✓' : '·'} ${entry.content}`)).join('\n'),
      );
    case 'notice':
      return lines(dim(`${record.level}: ${record.text}`));
    default:
      // Nothing to read in a usage_update, and a newer bridge may write records that this command does not know.
      return NOTHING;
  }
}

function whoWords(by: ApprovalBy): string {
  switch (by.kind) {
    case 'device':
      return `device ${by.deviceId}`;
    case 'machine':
      return 'at the machine';
    case 'policy':
      return `rule ${by.rule} of the policy`;
    case 'workspace':
    case 'project':
      return `questions are turned off for this ${by.kind}`;
    default:
      return assertNever(by);
  }
}

function lines(text: string): Piece {
  return { kind: 'lines', text };
}

function dim(text: string): string {
  return `\u001b[2m${text}\u001b[22m`;
}
