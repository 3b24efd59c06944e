/** What the run and its browser-side process tell each other. */
import type { CommandOutcome } from '../../src/client/command-outcome.ts';
import type { LogEntry } from '../../src/protocol/ui/log-entry.ts';

export interface BrowserStart {
  readonly origin: string;
  readonly bridgeId: string;
  /** Who it is, as `ctrlnode up` keeps it. */
  readonly deviceFile: string;
  /** Where this life of the process writes what it saw: one file for each task. */
  readonly seenFolder: string;
}

export type ToBrowser =
  | { readonly type: 'start'; readonly start: BrowserStart; readonly follow: readonly string[] }
  | { readonly type: 'launch'; readonly key: number; readonly provider: string; readonly program?: string }
  | { readonly type: 'cancel'; readonly key: number; readonly taskId: string }
  | { readonly type: 'wake' };

export type FromBrowser =
  | { readonly type: 'ready' }
  /** It is on its way; a launch has its task from here on. */
  | { readonly type: 'sent'; readonly key: number; readonly taskId: string }
  /** The server has it. */
  | { readonly type: 'accepted'; readonly key: number }
  | { readonly type: 'outcome'; readonly key: number; readonly outcome: CommandOutcome }
  | { readonly type: 'ended'; readonly taskId: string; readonly state: string };

/** One line of what was seen: an entry of the log, or that the log began anew. */
export type SeenLine = LogEntry | { readonly kind: 'restart' };
