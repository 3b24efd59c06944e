import { assertNever } from '../../base/assert-never.ts';
import { dateOf } from '../../base/times.ts';
import type { LogProblem } from '../../protocol/ui/log-entry.ts';
import { providerNameOf } from '../words/providers.ts';
import { sentenceOfReason } from '../words/reasons.ts';
import type { LogBlock } from './log-blocks.ts';

/** Of a message that is only named. */
const QUOTE_MAX_LENGTH = 60;

/** What is wrong, and what it means. */
export function wordsOfProblem(problem: LogProblem): string {
  switch (problem.kind) {
    case 'gap':
      return `${rangeOf(problem)} never came from the control plane. What happened there is not shown.`;
    case 'removed':
      return `Older output (${rangeOf(problem).toLowerCase()}) was removed from the control plane on ${dateOf(problem.at)} to make room.`;
    case 'not_opened':
      return `${rangeOf(problem)} could not be opened: changed on the way, or sealed with another key. What happened there is not shown.`;
    case 'header_mismatch':
      return `${rangeOf(problem)} did not match what the control plane was told of it. What happened there is not shown.`;
    case 'old_epoch':
      return 'The control plane sent an older copy of this log. It is not shown.';
    default:
      return assertNever(problem, 'problem');
  }
}

export function wordsOfState({ record, isFurtherTurn, answers }: Extract<LogBlock, { kind: 'state' }>): string {
  const because = record.reason ? `: ${sentenceOfReason(record.reason)}` : '';
  const agent = record.provider ? providerNameOf(record.provider) : 'The agent';
  switch (record.state) {
    case 'queued':
      return 'Taken by the machine';
    case 'preparing':
      return 'Preparing the folder';
    case 'running':
      if (isFurtherTurn) return `${agent} goes on${answers === null ? '' : ` with “${beginningOf(answers)}”`}`;
      return `${agent}${record.providerVersion ? ` ${record.providerVersion}` : ''} started`;
    case 'waiting':
      return 'Waiting for you';
    case 'succeeded':
      return 'Done';
    case 'failed':
      return `Failed${because}`;
    case 'cancelled':
      return record.reason?.code === 'cancelled_by_user' ? 'Cancelled' : `Cancelled${because}`;
    case 'interrupted':
      return `Interrupted${because}`;
    default:
      return assertNever(record.state, 'state');
  }
}

function beginningOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > QUOTE_MAX_LENGTH ? `${line.slice(0, QUOTE_MAX_LENGTH - 1).toWellFormed()}…` : line;
}

function rangeOf({ first, last }: { readonly first: number; readonly last: number }): string {
  return first === last ? `Record ${first}` : `Records ${first} to ${last}`;
}
