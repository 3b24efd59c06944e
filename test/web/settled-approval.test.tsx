import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import { SettledApproval } from '../../src/ui/approval/settled-approval.tsx';
import type { ApprovalRecord, ApprovalResolution } from '../../src/ui/log/log-blocks.ts';

const common = { n: 1, at: 1_700_000_000_000, taskId: 't1', approvalId: 'a1', deadline: 1_700_000_100_000 };
const request: ApprovalRecord = {
  type: 'approval_requested',
  ...common,
  sha256: '0'.repeat(64),
  title: 'Bash: ls',
  request: { provider: 'claude', tool: 'Bash', input: { command: 'ls' }, cwd: '/t' },
  options: [],
};

function wordsOf(resolution: Pick<ApprovalResolution, 'outcome' | 'by' | 'deviceId' | 'why'>): string {
  const record = { type: 'approval_resolved' as const, ...common, ...resolution };
  const deviceNameOf = (deviceId: string) => (deviceId === 'd1' ? 'Phone' : undefined);
  const html = renderToStaticMarkup(
    <SettledApproval request={request} resolution={record} deviceNameOf={deviceNameOf} />,
  );
  return html.replace(/<time.*?<\/time>/, '').replace(/<[^>]+>/g, '');
}

test('a settled question says who decided, on which device, or why nobody did', () => {
  expect(wordsOf({ outcome: 'allowed', by: { kind: 'device', deviceId: 'd1' } })).toBe('Allowed by Phone: ls');
  expect(wordsOf({ outcome: 'denied', by: { kind: 'device', deviceId: 'd2' } })).toContain('no longer listed');
  expect(wordsOf({ outcome: 'denied', deviceId: 'd1' })).toBe('Denied by Phone: ls');
  expect(wordsOf({ outcome: 'allowed', by: { kind: 'machine' } })).toBe('Allowed at the machine: ls');
  expect(wordsOf({ outcome: 'denied', by: { kind: 'policy', rule: 3 } })).toContain(
    'by rule 3 of the machine’s policy',
  );
  expect(wordsOf({ outcome: 'cancelled', why: 'The agent ended.' })).toBe('No longer asked: lsThe agent ended.');
});

test('a kind of answer that a newer machine knows does not make its record unreadable', () => {
  const record = { type: 'approval_resolved', ...common, outcome: 'allowed', by: { kind: 'oracle' } };
  expect(taskRecordSchema.parse(record)).toMatchObject({ outcome: 'allowed', by: undefined });
});
