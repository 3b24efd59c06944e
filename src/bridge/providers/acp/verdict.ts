import type { Verdict } from '../provider.ts';
import type { RpcError } from './messages.ts';

const MESSAGE_MAX_LENGTH = 2_000;
const WORDS: Readonly<Record<string, string>> = {
  refusal: 'the model refused to go on',
  max_tokens: 'the limit of tokens was reached',
  max_turn_requests: 'the limit of model requests in one turn was reached',
  cancelled: 'it says that the turn was cancelled',
};

export function verdictOfStop(name: string, stopReason: string): Verdict {
  if (stopReason === 'end_turn') return { state: 'succeeded' };
  return failed(`${name} stopped: ${WORDS[stopReason] ?? stopReason}.`);
}

/** In the agent's own words; `data` often holds the ones that matter. */
export function verdictOfError(name: string, { message, data }: RpcError): Verdict {
  const more =
    data === undefined || data === null ? '' : ` (${typeof data === 'string' ? data : JSON.stringify(data)})`;
  return failed(`${name} ended with an error: ${message}${more}`);
}

export function failed(message: string): Verdict {
  return {
    state: 'failed',
    reason: { code: 'agent_error', message: message.slice(0, MESSAGE_MAX_LENGTH).toWellFormed() },
  };
}
