import type { Result } from '../base/result.ts';
import type { Reason } from '../protocol/reason-codes.ts';

/**
 * What became of a command. `done` and a rejection by the `bridge` come from the bridge's sealed stream; a rejection by
 * the `server` means that it was never stored; `expired` that the machine did not take it before its deadline.
 */
export type CommandOutcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'rejected'; readonly by: 'bridge' | 'server' | 'device'; readonly reason: Reason }
  | { readonly outcome: 'expired' };

export interface SentCommand {
  readonly commandId: string;
  /** Resolves once the server has stored the command durably, or with why it never will. Never rejects. */
  readonly accepted: Promise<Result<void, CommandOutcome>>;
  /** Never rejects. Resolves at the latest some minutes after the deadline. */
  readonly outcome: Promise<CommandOutcome>;
}

export interface CommandOptions {
  readonly taskId?: string;
  readonly provider?: string;
  /** Shown in lists; sealed. Only with `taskId`. */
  readonly label?: { readonly title: string; readonly workspace: string };
  /** How long a machine that is offline may still take it, in milliseconds from now. */
  readonly deadlineMs: number;
}
