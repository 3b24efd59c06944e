import { assertNever } from '../../base/assert-never.ts';
import type { ReasonCode } from '../../protocol/reason-codes.ts';
import type { Verdict } from '../providers/provider.ts';
import type { Exit } from '../providers/supervisor/process.ts';
import type { Ending } from './task-ledger.ts';

/** Why the bridge ended a run: a person's cancel, because the bridge itself stops, or because it went over a limit. */
export type StopCause = 'user' | 'bridge' | 'time' | 'output' | 'memory';

export interface EndingFacts {
  readonly providerName: string;
  readonly exit: Exit | null;
  readonly verdict: Verdict | undefined;
  /** Set only if the agent had not said that it was done when it was stopped. */
  readonly stopCause: StopCause | undefined;
  /** What there is to say about it beyond its kind. */
  readonly stopSentence?: string | undefined;
  /** The bridge died while the task ran. */
  readonly isRecovered: boolean;
}

/** How a run ended. The agent's own word decides; its exit code alone never means success. */
export function endingOf(facts: EndingFacts): Ending {
  const { exit, verdict, stopCause, providerName } = facts;
  if (stopCause) return { ...endingOfStop(stopCause, facts.stopSentence), exit };
  if (verdict?.state === 'succeeded') return { state: 'succeeded', reason: null, exit };
  if (verdict) return { state: 'failed', reason: verdict.reason, exit };
  if (facts.isRecovered && !exit) {
    const message = `The bridge ended unexpectedly while the task ran, and ${providerName} left no result.`;
    return { state: 'interrupted', reason: { code: 'bridge_crashed', message }, exit };
  }
  const message = `${providerName} ended without a result${wordsOf(exit)}.`;
  return { state: 'failed', reason: { code: 'agent_no_result', message }, exit };
}

function endingOfStop(cause: StopCause, sentence?: string): Omit<Ending, 'exit'> {
  switch (cause) {
    case 'user':
      return { state: 'cancelled', reason: { code: 'cancelled_by_user', message: 'The task was cancelled.' } };
    case 'bridge':
      return {
        state: 'interrupted',
        reason: { code: 'bridge_stopped', message: 'The bridge was stopped while the task ran.' },
      };
    case 'time':
      return failed('time_limit', 'The task took longer than this machine allows (limits.minutesPerTask).');
    case 'output':
      return failed('output_limit', 'The task printed more than this machine allows (limits.outputMegabytesPerTask).');
    case 'memory':
      return failed('memory_limit', sentence ?? 'The task used more memory than this machine allows.');
    default:
      return assertNever(cause);
  }
}

function failed(code: ReasonCode, message: string): Omit<Ending, 'exit'> {
  return { state: 'failed', reason: { code, message } };
}

function wordsOf(exit: Exit | null): string {
  if (exit?.signal) return ` (${exit.signal})`;
  return exit?.code === null || exit === null ? '' : ` (exit code ${exit.code})`;
}
