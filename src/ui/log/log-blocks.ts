import type { TaskRecord } from '../../protocol/records/task-records.ts';
import type { LogProblem } from '../../protocol/ui/log-entry.ts';
import type { TerminalLine } from '../terminal/terminal-lines.ts';

type RecordOf<T extends TaskRecord['type']> = Extract<TaskRecord, { type: T }>;
export type ToolCallRecord = RecordOf<'tool_call'>;
export type ApprovalRecord = RecordOf<'approval_requested'>;
export type ApprovalResolution = RecordOf<'approval_resolved'>;
export type PlanEntries = RecordOf<'plan'>['entries'];

interface Common {
  /** The same for the same records, whatever came before or after. */
  readonly id: string;
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly at: number;
}

/** What a log shows, one after the other. Blocks are replaced, never changed, so a view may compare them by identity. */
export type LogBlock =
  | (Common & {
      readonly kind: 'user';
      readonly text: string;
      /** Null for the task's own instructions. */
      readonly messageId: string | null;
      /** It waits for the turns before its own. */
      readonly isHeld: boolean;
    })
  | (Common & { readonly kind: 'agent'; readonly text: string })
  | (Common & { readonly kind: 'thought'; readonly text: string; readonly endedAt: number })
  | (Common & {
      readonly kind: 'tool';
      readonly call: ToolCallRecord;
      readonly endedAt: number | null;
      /** Its turn has ended: without an end of its own it never had one. */
      readonly isOver: boolean;
    })
  | (Common & {
      readonly kind: 'terminal';
      readonly stream: 'stdout' | 'stderr';
      readonly lines: readonly TerminalLine[];
      /** It goes on from the block before, or goes on in the next. */
      readonly isContinuing: boolean;
      readonly isContinued: boolean;
    })
  | (Common & { readonly kind: 'plan'; readonly entries: PlanEntries })
  | (Common & {
      readonly kind: 'approval';
      readonly request: ApprovalRecord;
      readonly resolution: ApprovalResolution | null;
    })
  | (Common & {
      readonly kind: 'state';
      readonly record: RecordOf<'task_state'>;
      /** The agent goes on after an end. */
      readonly isFurtherTurn: boolean;
      /** The message that the turn answers, unless it stands right above. */
      readonly answers: string | null;
    })
  | (Common & { readonly kind: 'output_gap'; readonly bytes: number })
  | (Common & { readonly kind: 'notice'; readonly level: 'info' | 'warning' | 'error'; readonly text: string })
  | (Common & { readonly kind: 'problem'; readonly problem: LogProblem })
  | (Common & { readonly kind: 'mark'; readonly text: string });

/** What the records say of the task as a whole. */
export interface LogSummary {
  readonly title: string | null;
  readonly provider: string | null;
  readonly providerVersion: string | null;
  readonly workspace: string | null;
  readonly project: RecordOf<'task_state'>['project'] | null;
  readonly state: RecordOf<'task_state'> | null;
  /** Of the turn that runs, or ran last. */
  readonly startedAt: number | null;
  /** False if nothing of it was ever given to an agent, as far as these records tell. */
  readonly hasBegun: boolean;
  readonly files: RecordOf<'output_manifest'>['files'];
  readonly filesOmitted: number;
  readonly usage: RecordOf<'usage_update'>['usage'] | null;
  readonly instructions: string | null;
  readonly pendingApprovals: readonly ApprovalRecord[];
}

export const EMPTY_SUMMARY: LogSummary = {
  title: null,
  provider: null,
  providerVersion: null,
  workspace: null,
  project: null,
  state: null,
  startedAt: null,
  hasBegun: false,
  files: [],
  filesOmitted: 0,
  usage: null,
  instructions: null,
  pendingApprovals: [],
};
