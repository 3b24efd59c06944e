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

export function verdictOfError(name: string, error: RpcError): Verdict {
  return failed(`${name} ended with an error: ${wordsOfError(error)}`);
}

export function verdictOfLostSession(name: string, error: RpcError | undefined): Verdict {
  const why = error ? wordsOfError(error) : 'it has neither session/resume nor session/load.';
  return failed(`${name} cannot go on with its session: ${why}`, 'session_lost');
}

export function failed(message: string, code: 'agent_error' | 'session_lost' = 'agent_error'): Verdict {
  return { state: 'failed', reason: { code, message: message.slice(0, MESSAGE_MAX_LENGTH).toWellFormed() } };
}

// In the agent's own words; `data` often holds the ones that matter.
function wordsOfError({ message, data }: RpcError): string {
  if (data === undefined || data === null) return message;
  return `${message} (${typeof data === 'string' ? data : JSON.stringify(data)})`;
}
