import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { RECORD_MAX_BYTES } from '../../protocol/limits.ts';
import type { ApprovalBy, ApprovalRequest, NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { PolicyAnswer, Unasked } from '../policy/approval-policy.ts';
import type { ApprovalPolicy, ApprovalTable, AuditTrail } from '../ports.ts';
import type { AgentAnswer, AgentQuestion } from '../providers/provider.ts';
import { auditAsked, auditResolved } from './approval-audit.ts';
import { canonicalSha256 } from './canonical-json.ts';
import { sizeOfRecord } from './fit-record.ts';
import { type Outcome, settleApproval } from './settle-approval.ts';

export interface TaskApprovalsOptions {
  readonly taskId: string;
  readonly provider: string;
  readonly cwd: string;
  readonly table: ApprovalTable;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly audit?: AuditTrail | undefined;
  /** This machine's own rules; what they do not decide is asked. */
  readonly policy?: ApprovalPolicy | undefined;
  /** Set where the user turned questions off. */
  readonly unasked?: Unasked | undefined;
  readonly append: (record: NewTaskRecord) => void;
  readonly answer: (requestId: string, answer: AgentAnswer) => void;
  /** How many questions wait for a person now. */
  readonly onDidChangeOpen: (open: number) => void;
}

interface OpenApproval {
  readonly requestId: string;
  readonly deadline: number;
  /** By this machine: no person was asked. */
  readonly isDecided: boolean;
}

// A timer alone would be late by the time that the machine slept.
const EXPIRY_CHECK_MS = 30_000;
const OPTIONS: ApprovalRequest['options'] = [
  { optionId: 'allow', name: 'Allow once', kind: 'allow_once' },
  { optionId: 'deny', name: 'Deny', kind: 'reject_once' },
];
const WITHDRAWN = 'The agent took its question back.';
const EXPIRED_MESSAGE = 'Nobody answered in time, so this was denied.';
const DENIED_MESSAGE = 'The person who watches this task denied this.';
const POLICY_MESSAGE = 'of this machine’s policy denies this. Do not try it in another way.';
const TOO_LARGE_MESSAGE =
  'This request is too large to be shown to a person, so it was denied. Do it in smaller steps, for example several small edits.';

/**
 * Questions of one running agent. The row in the table is the truth about an answer: it is written first, inside the
 * command's transaction, and applied here, once.
 */
export class TaskApprovals implements Disposable {
  readonly #options: TaskApprovalsOptions;
  readonly #open = new Map<string, OpenApproval>();
  #timer: Disposable | undefined;

  constructor(options: TaskApprovalsOptions) {
    this.#options = options;
  }

  /** `rawOffset` says how much of the raw log is accounted for with this question. */
  ask(question: AgentQuestion, rawOffset: number): void {
    const { taskId, provider, cwd, table, clock, append } = this.#options;
    const request = { provider, tool: question.tool, input: question.input, cwd };
    const approvalId = randomUUID();
    const sha256 = canonicalSha256(request);
    const askedAt = clock.now();
    const deadline = askedAt + this.#options.deadlineMs;
    const { title, toolCallId } = question;
    const shown = { approvalId, sha256, deadline, title, request, options: OPTIONS, ...(toolCallId && { toolCallId }) };
    const record = { type: 'approval_requested', taskId, ...shown, rawOffset } as const;
    // Never shortened: a person allows exactly what they saw.
    if (sizeOfRecord(record) > RECORD_MAX_BYTES) {
      this.#refuse(question, rawOffset);
      return;
    }
    const decided = this.#options.policy?.decide(request, this.#options.unasked);
    // The row first: an answer can come as soon as the record is sent.
    table.put({
      ...{ approvalId, taskId, sha256, deadline },
      ...(decided ? decidedState(decided, askedAt) : { state: 'pending', by: null, settledAt: null }),
      question: { title, askedAt, request },
    });
    auditAsked(this.#options.audit, record);
    append(record);
    this.#open.set(approvalId, { requestId: question.requestId, deadline, isDecided: decided !== undefined });
    if (decided) this.#settle(approvalId, decided.decision === 'allow' ? 'allowed' : 'denied');
    else this.#didOpen();
  }

  /** Applies what the table says: answers that came, deadlines that passed. */
  apply(): void {
    const { table, clock } = this.#options;
    for (const [approvalId, { deadline }] of this.#open) {
      const row = table.get(approvalId);
      if (row && row.state !== 'pending') this.#settle(approvalId, row.state);
      else if (clock.now() >= deadline) this.#settle(approvalId, 'expired');
    }
    this.#schedule();
  }

  /** The agent no longer asks. */
  withdraw(requestId: string, why = WITHDRAWN): void {
    for (const [approvalId, open] of this.#open) {
      if (open.requestId === requestId) this.#settle(approvalId, 'cancelled', why);
    }
  }

  cancelAll(why: string): void {
    for (const approvalId of this.#open.keys()) this.#settle(approvalId, 'cancelled', why);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#open.clear();
  }

  #settle(approvalId: string, outcome: Outcome, why?: string): void {
    const open = this.#open.get(approvalId);
    if (!open) return;
    this.#open.delete(approvalId);
    const { table, clock, append, answer, taskId } = this.#options;
    const { deadline } = open;
    const record = settleApproval({ table, clock, approvalId, outcome, deadline, taskId, ...(why && { why }) });
    auditResolved(this.#options.audit, record);
    append(record);
    const rule = table.get(approvalId)?.by;
    if (outcome !== 'cancelled') answer(open.requestId, answerOf(outcome, rule ?? null));
    if (!open.isDecided) this.#options.onDidChangeOpen(this.#open.size);
  }

  #didOpen(): void {
    this.#options.onDidChangeOpen(this.#open.size);
    this.#schedule();
  }

  #refuse(question: AgentQuestion, rawOffset: number): void {
    const text = `${question.title.slice(0, 200).toWellFormed()}: ${TOO_LARGE_MESSAGE}`;
    this.#options.append({ type: 'notice', level: 'warning', text, rawOffset });
    this.#options.answer(question.requestId, { decision: 'deny', message: TOO_LARGE_MESSAGE });
  }

  #schedule(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (this.#open.size === 0) return;
    const { clock } = this.#options;
    const next = Math.min(...[...this.#open.values()].map(({ deadline }) => deadline));
    const delayMs = Math.min(Math.max(next - clock.now(), 0), EXPIRY_CHECK_MS);
    this.#timer = clock.setTimeout(() => this.apply(), delayMs);
  }
}

function answerOf(outcome: 'allowed' | 'denied' | 'expired', by: ApprovalBy | null): AgentAnswer {
  if (outcome === 'allowed') return { decision: 'allow' };
  if (by?.kind === 'policy') return { decision: 'deny', message: `Rule ${by.rule} ${POLICY_MESSAGE}` };
  return { decision: 'deny', message: outcome === 'denied' ? DENIED_MESSAGE : EXPIRED_MESSAGE };
}

function decidedState({ decision, by }: PolicyAnswer, settledAt: number) {
  const state = decision === 'allow' ? 'allowed' : 'denied';
  return { state, by, settledAt } as const;
}
