import { CodedError } from '../../base/errors.ts';
import type { LocalAnswer } from '../../protocol/local/control.ts';
import type { PendingApproval } from '../../protocol/ui/snapshot.ts';
import type { ApprovalTable, AuditTrail, StoredApproval, TaskService, TaskTable, Transaction } from '../ports.ts';

export interface LocalApprovalsOptions {
  readonly table: ApprovalTable;
  readonly taskTable: TaskTable;
  readonly tasks: TaskService;
  readonly transaction: Transaction;
  readonly audit: AuditTrail;
  readonly agentName: (providerId: string) => string;
}

const SHORT_ID_MIN_LENGTH = 4;

/** What waits for a person, and the answers of whoever sits at this machine. */
export class LocalApprovals {
  readonly #options: LocalApprovalsOptions;

  constructor(options: LocalApprovalsOptions) {
    this.#options = options;
  }

  /** Oldest first. */
  pending(): PendingApproval[] {
    const rows = this.#options.table.listPending();
    return rows.flatMap((row) => this.#shown(row)).sort((a, b) => a.askedAt - b.askedAt);
  }

  /** `id` may be the beginning of one. Throws a CodedError if the answer does not count, with the reason that a device would be told. */
  answer(id: string, answer: LocalAnswer): void {
    const { tasks, transaction, audit } = this.#options;
    const { approvalId, taskId } = this.#find(id);
    const sha256 = answer.sha256 ?? '';
    const result = transaction(() =>
      tasks.answerApproval({ decision: answer.decision, sha256, approvalId, taskId }, { kind: 'machine' }),
    );
    if (!result.ok) {
      const { code, message } = result.error;
      audit.append({ event: 'answer_refused', taskId, approvalId, by: 'machine', code, message });
      throw new CodedError(code, message);
    }
    tasks.wake();
  }

  #find(id: string): StoredApproval {
    const { table } = this.#options;
    const found = id.length < SHORT_ID_MIN_LENGTH ? [] : table.startingWith(id);
    const only = table.get(id) ?? (found.length === 1 ? found[0] : undefined);
    if (only) return only;
    if (found.length > 1) throw new CodedError('approval_ambiguous', `Several questions begin with ${id}.`);
    throw new CodedError('approval_unknown', 'There is no such question. "ctrlnode approvals" lists those that wait.');
  }

  #shown({ approvalId, taskId, sha256, deadline, question }: StoredApproval): PendingApproval[] {
    const task = this.#options.taskTable.get(taskId);
    if (!question || !task) return [];
    const agentName = this.#options.agentName(question.request.provider);
    return [{ approvalId, taskId, sha256, deadline, taskTitle: task.launch.title, agentName, ...question }];
  }
}
