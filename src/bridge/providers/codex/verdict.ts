import type { Verdict } from '../provider.ts';
import type { AgentError, Turn } from './lines.ts';

const MESSAGE_MAX_LENGTH = 2_000;

/** `turn/completed` says by its status whether the turn was completed. */
export function verdictOfTurn({ status, error }: Turn): Verdict {
  if (status === 'completed') return { state: 'succeeded' };
  if (error) return failure(`Codex ended with an error: ${wordsOfError(error)}`);
  return failure(status === 'interrupted' ? 'Codex was interrupted.' : `Codex ended its turn as "${status}".`);
}

/** A request without which there is no turn was refused. */
export function verdictOfRefusal(message: string): Verdict {
  return failure(`Codex refused to begin: ${message}`);
}

export function verdictOfLostSession(message: string): Verdict {
  const reason = { code: 'session_lost', message: `Codex cannot go on with its thread: ${message}`.slice(0, 2_000) };
  return { state: 'failed', reason };
}

/** The model's server answers in JSON, which Codex hands on as it is. */
export function wordsOfError({ message, additionalDetails }: AgentError): string {
  const words = innerMessage(message) ?? message;
  return additionalDetails ? `${words} (${additionalDetails})` : words;
}

function innerMessage(message: string): string | undefined {
  try {
    const { error } = JSON.parse(message) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : undefined;
  } catch {
    return undefined;
  }
}

function failure(message: string): Verdict {
  return {
    state: 'failed',
    reason: { code: 'agent_error', message: message.slice(0, MESSAGE_MAX_LENGTH).toWellFormed() },
  };
}
