import { expect, test } from 'vitest';
import type { ApprovalTable, AuditEntry, StoredApproval } from '../../src/bridge/ports.ts';
import type { AgentAnswer } from '../../src/bridge/providers/provider.ts';
import { TaskApprovals, type TaskApprovalsOptions } from '../../src/bridge/tasks/approvals.ts';
import { canonicalJson, canonicalSha256 } from '../../src/bridge/tasks/canonical-json.ts';
import { settleLeftApprovals } from '../../src/bridge/tasks/settle-approval.ts';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const HOUR_MS = 60 * 60_000;

function memoryTable(): ApprovalTable {
  const rows = new Map<string, StoredApproval>();
  return {
    get: (approvalId) => rows.get(approvalId),
    put: (row) => void rows.set(row.approvalId, row),
    startingWith: (prefix) => [...rows.values()].filter((row) => row.approvalId.startsWith(prefix)),
    listPending: (taskId) => [...rows.values()].filter((row) => row.state === 'pending' && row.taskId === taskId),
  };
}

function setUp(more: Partial<TaskApprovalsOptions> = {}) {
  const clock = new VirtualClock();
  const table = memoryTable();
  const records: NewTaskRecord[] = [];
  const answers: [string, AgentAnswer][] = [];
  const open: number[] = [];
  const approvals = new TaskApprovals({
    taskId: 't1',
    provider: 'claude',
    cwd: '/tasks/t1',
    table,
    clock,
    deadlineMs: 8 * HOUR_MS,
    append: (record) => records.push(record),
    answer: (requestId, answer) => answers.push([requestId, answer]),
    onDidChangeOpen: (count) => open.push(count),
    ...more,
  });
  const question = { requestId: 'r1', title: 'Bash: ls', tool: 'Bash', input: { command: 'ls' } };
  return { clock, table, records, answers, open, approvals, question };
}

const outcomes = (records: readonly NewTaskRecord[]) =>
  records.flatMap((record) => (record.type === 'approval_resolved' ? [record.outcome] : []));

test('canonical JSON has sorted keys at every depth and keeps the order of lists', () => {
  const value = JSON.parse('{"b":[{"z":1,"a":"é"},2],"a":{"__proto__":1,"B":null},"10":1,"9":2}');
  expect(canonicalJson(value)).toBe('{"10":1,"9":2,"a":{"B":null,"__proto__":1},"b":[{"a":"é","z":1},2]}');
  expect(canonicalSha256({ a: 1, b: 2 })).toBe(canonicalSha256({ b: 2, a: 1 }));
});

test('the row is there before the record, with the hash of exactly what is asked', () => {
  const { approvals, question, records, table, clock } = setUp();
  approvals.ask(question, 42);
  const [asked] = records;
  if (asked?.type !== 'approval_requested') throw new Error('no question');
  expect(asked).toMatchObject({ taskId: 't1', deadline: clock.now() + 8 * HOUR_MS, rawOffset: 42 });
  expect(asked.sha256).toBe(canonicalSha256(asked.request));
  expect(table.get(asked.approvalId)).toMatchObject({ state: 'pending', sha256: asked.sha256 });
});

test('nobody answers for eight hours: denied, once', async () => {
  const { approvals, question, records, answers, clock, open } = setUp();
  approvals.ask(question, 1);
  await clock.advance(8 * HOUR_MS - 1_000);
  expect(answers).toEqual([]);
  await clock.advance(2_000);
  expect(answers).toMatchObject([['r1', { decision: 'deny' }]]);
  expect(outcomes(records)).toEqual(['expired']);
  expect(open).toEqual([1, 0]);
  approvals.apply();
  await clock.advance(HOUR_MS);
  expect(answers).toHaveLength(1);
  expect(clock.pendingTimers).toBe(0);
});

test('where questions are turned off the policy is told so, and its answer is in the row, the record and the audit', () => {
  const audit: AuditEntry[] = [];
  const { approvals, question, records, answers, table, open } = setUp({
    unasked: 'workspace',
    policy: { decide: (_, unasked) => unasked && { decision: 'allow', by: { kind: unasked } } },
    audit: { append: (entry) => audit.push(entry) },
  });
  approvals.ask(question, 1);
  expect(answers).toEqual([['r1', { decision: 'allow' }]]);
  expect(records.map((record) => record.type)).toEqual(['approval_requested', 'approval_resolved']);
  expect(records[1]).toMatchObject({ outcome: 'allowed', by: { kind: 'workspace' } });
  const asked = records[0]?.type === 'approval_requested' ? records[0].approvalId : '';
  expect(table.get(asked)).toMatchObject({ state: 'allowed', by: { kind: 'workspace' } });
  expect(audit.map(({ event, by }) => [event, by])).toEqual([
    ['approval_asked', undefined],
    ['approval_allowed', 'workspace'],
  ]);
  expect(open).toEqual([]);
});

test('a deadline that passed while the machine slept is seen soon after it woke', async () => {
  const { approvals, question, answers, clock } = setUp();
  approvals.ask(question, 1);
  clock.wallOffsetMs += 9 * HOUR_MS;
  await clock.advance(31_000);
  expect(answers).toMatchObject([['r1', { decision: 'deny' }]]);
});

test('an answer in the table is applied once, and beats a deadline and a withdrawal that come after it', () => {
  const { approvals, question, records, answers, table } = setUp();
  approvals.ask(question, 1);
  const [row] = table.listPending('t1');
  if (!row) throw new Error('no row');
  table.put({ ...row, state: 'allowed', by: { kind: 'device', deviceId: 'phone' } });
  approvals.apply();
  approvals.apply();
  approvals.withdraw('r1');
  approvals.cancelAll('over');
  expect(answers).toEqual([['r1', { decision: 'allow' }]]);
  expect(records.at(-1)).toMatchObject({ type: 'approval_resolved', outcome: 'allowed', deviceId: 'phone' });
  expect(outcomes(records)).toEqual(['allowed']);
});

test('a question that the agent takes back is cancelled and gets no answer', () => {
  const { approvals, question, records, answers, table } = setUp();
  approvals.ask(question, 1);
  approvals.withdraw('r1');
  expect(outcomes(records)).toEqual(['cancelled']);
  expect([answers, table.listPending('t1')]).toEqual([[], []]);
});

test('a request that is too large to be shown whole is denied, not shortened', () => {
  const { approvals, question, records, answers, table } = setUp();
  approvals.ask({ ...question, input: { content: 'x'.repeat(300_000) } }, 1);
  expect(answers).toMatchObject([['r1', { decision: 'deny' }]]);
  expect(records.map((record) => record.type)).toEqual(['notice']);
  expect(table.listPending('t1')).toEqual([]);
});

test('after a crash: an answer that came is told, an open question is settled, an unseen one vanishes', () => {
  const clock = new VirtualClock();
  const table = memoryTable();
  const records: NewTaskRecord[] = [];
  const row = {
    taskId: 't1',
    sha256: '0'.repeat(64),
    state: 'pending' as const,
    by: null,
    settledAt: null,
    question: null,
  };
  const later = clock.now() + HOUR_MS;
  table.put({
    ...row,
    approvalId: 'answered',
    deadline: later,
    state: 'denied',
    by: { kind: 'device', deviceId: 'phone' },
  });
  table.put({ ...row, approvalId: 'open', deadline: later });
  table.put({ ...row, approvalId: 'late', deadline: clock.now() - 1 });
  table.put({ ...row, approvalId: 'unseen', deadline: later });
  const open = ['answered', 'open', 'late'];
  settleLeftApprovals({ taskId: 't1', open, table, clock, append: (record) => records.push(record) });
  expect(outcomes(records)).toEqual(['denied', 'cancelled', 'expired']);
  expect(table.get('unseen')?.state).toBe('cancelled');
  expect(table.listPending('t1')).toEqual([]);
});
