import type { UnplacedEvent } from '../output/event-places.ts';
import type { Verdict } from '../provider.ts';
import type { ResultLine } from './lines.ts';

const MESSAGE_MAX_LENGTH = 2_000;
const SESSION_LOST = 'No conversation found';

/**
 * What the `result` line says: what it cost and how it ended. `subtype` is "success" also for a turn that ended in an
 * error of the model's server, so `is_error` decides.
 */
export function eventsOfResult(line: ResultLine): UnplacedEvent[] {
  const usage = {
    ...(line.usage?.input_tokens !== undefined && { inputTokens: line.usage.input_tokens }),
    ...(line.usage?.output_tokens !== undefined && { outputTokens: line.usage.output_tokens }),
    ...(typeof line.total_cost_usd === 'number' && { costUsd: line.total_cost_usd }),
  };
  return [
    { kind: 'record', record: { type: 'usage_update', usage } },
    { kind: 'verdict', verdict: verdictOf(line) },
  ];
}

function verdictOf(line: ResultLine): Verdict {
  if (line.subtype === 'success' && !line.is_error) return { state: 'succeeded' };
  const isLost = line.errors?.some((text) => text.startsWith(SESSION_LOST)) ?? false;
  return { state: 'failed', reason: { code: isLost ? 'session_lost' : 'agent_error', message: messageOf(line) } };
}

function messageOf(line: ResultLine): string {
  if (line.subtype === 'error_max_turns') return 'Claude Code stopped: the limit of turns was reached.';
  const text = line.result || line.errors?.join('; ') || line.subtype;
  return `Claude Code ended with an error: ${text}`.slice(0, MESSAGE_MAX_LENGTH).toWellFormed();
}
