import { assertNever } from '../../base/assert-never.ts';
import type { Verdict } from '../providers/provider.ts';
import type { Exit } from '../providers/supervisor/process.ts';
import type { Ending } from './task-ledger.ts';

/** Why the bridge ended a run: a person's cancel, because the bridge itself stops, because it took too long, or printed too much. */
export type StopCause = 'user' | 'bridge' | 'time' | 'output';

export interface EndingFacts {
  readonly providerName: string;
  readonly exit: Exit | null;
  readonly verdict: Verdict | undefined;
  /** Set only if the agent had not said that it was done when it was stopped. */
  readonly stopCause: StopCause | undefined;
  /** The bridge died while the task ran. */
  readonly isRecovered: boolean;
}

/** How a run ended. The agent's own word decides; its exit code alone never means success. */
export function endingOf(facts: EndingFacts): Ending {
  const { exit, verdict, stopCause, providerName } = facts;
  if (stopCause) return { ...endingOfStop(stopCause), exit };
  if (verdict?.state === 'succeeded') return { state: 'succeeded', reason: null, exit };
  if (verdict) return { state: 'failed', reason: verdict.reason, exit };
  if (facts.isRecovered && !exit) {
    const message = `The bridge ended unexpectedly while the task ran, and ${providerName} left no result.`;
    return { state: 'interrupted', reason: { code: 'bridge_crashed', message }, exit };
  }
  const message = `${providerName} ended without a result${wordsOf(exit)}.`;
  return { state: 'failed', reason: { code: 'agent_no_result', message }, exit };
}

function endingOfStop(cause: StopCause): Omit<Ending, 'exit'> {
  switch (cause) {
    case 'user':
      return { state: 'cancelled', reason: { code: 'cancelled_by_user', message: 'The task was cancelled.' } };
    case 'bridge':
      return {
        state: 'interrupted',
        reason: { code: 'bridge_stopped', message: 'The bridge was stopped while the task ran.' },
      };
    case 'time':
      return {
        state: 'failed',
        reason: {
          code: 'time_limit',
          message: 'The task took longer than this machine allows (limits.minutesPerTask).',
        },
      };
    case 'output':
      return {
        state: 'failed',
        reason: {
          code: 'output_limit',
          message: 'The task printed more than this machine allows (limits.outputMegabytesPerTask).',
        },
      };
    default:
      return assertNever(cause);
  }
}

function wordsOf(exit: Exit | null): string {
  if (exit?.signal) return ` (${exit.signal})`;
  return exit?.code === null || exit === null ? '' : ` (exit code ${exit.code})`;
}
