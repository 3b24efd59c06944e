import { toBase64 } from '../../../src/base/base64.ts';
import type { WebIdentity } from '../../../src/client/identity.ts';
import type { BridgeInfo } from '../../../src/protocol/records/bridge-records.ts';
import type { NewTaskRecord } from '../../../src/protocol/records/task-records.ts';
import { createRoster, sealRoster } from '../../../src/sealing/roster.ts';
import { FakeBridge } from '../support/fake-bridge.ts';
import type { FakeControlPlane } from '../support/fake-control-plane.ts';
import { lostRecords } from './two-turns.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
type Timed = NewTaskRecord & { at: number };
const GREEN = '\u001b[32m';
const DIM = '\u001b[2m';
const RED = '\u001b[31m';
const END = '\u001b[0m';

const studioInfo: BridgeInfo = {
  name: 'studio-mac',
  host: 'desktop',
  platform: 'darwin',
  version: '0.1.0',
  isPaused: false,
  workspaces: ['shop', 'notes', 'photo index'],
  unaskedWorkspaces: ['notes'],
  projects: [
    { name: 'checkout', isGit: true, isUnasked: false },
    { name: 'holiday pictures', isGit: false, isUnasked: false },
    { name: 'playground', isGit: true, isUnasked: true },
  ],
  providers: [
    {
      id: 'claude',
      name: 'Claude Code',
      isInstalled: true,
      foundAt: '/Users/ada/.local/share/claude/versions/2.1.330',
      isSignedIn: true,
      version: '2.1.330',
      models: ['opus', 'sonnet'],
      capabilities: ['messages', 'approvals', 'thoughts', 'diffs', 'usage', 'cost'],
    },
    {
      id: 'codex',
      name: 'Codex',
      isInstalled: true,
      isSignedIn: false,
      version: '0.91.0',
      problem: 'Not signed in. Run codex login on this machine.',
    },
    {
      id: 'gemini',
      name: 'Gemini',
      isInstalled: false,
      problem: 'Not installed. Run npm install -g @google/gemini-cli.',
    },
    { id: 'command', name: 'Command', isInstalled: true, programs: ['backup', 'nightly-report'] },
  ],
};
const buildInfo: BridgeInfo = {
  ...studioInfo,
  name: 'build-box',
  host: 'headless',
  platform: 'linux',
  workspaces: ['shop'],
  unaskedWorkspaces: [],
  projects: [],
};
const laptopInfo: BridgeInfo = { ...studioInfo, name: 'laptop', workspaces: ['photos'] };

export function addDevices(server: FakeControlPlane, identity: WebIdentity, now: number): void {
  const device = {
    deviceId: identity.deviceId,
    kind: 'browser',
    publicKey: toBase64(identity.deviceKey.publicKey),
    name: 'Firefox on Mac',
    addedAt: now - 40 * HOUR,
  } as const;
  const { signed, roster } = createRoster(identity.accountId, device, identity.deviceKey.secretKey);
  server.roster = sealRoster(identity.accountKey, { accountId: identity.accountId, version: roster.version }, signed);
}

/** Three machines and a day of work: something runs, something asks, something failed. */
export function fillBusy(server: FakeControlPlane, identity: WebIdentity, now: number): void {
  addDevices(server, identity, now);
  const [studio, build, laptop] = ['studio', 'build', 'laptop'].map((id) => new FakeBridge(identity, id)) as [
    FakeBridge,
    FakeBridge,
    FakeBridge,
  ];
  server.addBridge('studio', { since: now - 6 * HOUR, rttMs: 38 });
  server.addBridge('build', { since: now - 50 * HOUR, rttMs: 12, queueDepth: { records: 1204, bytes: 3_100_000 } });
  server.addBridge('laptop', { isOnline: false, since: now - 2 * HOUR, rttMs: null });
  for (const [bridge, info] of [
    [studio, studioInfo],
    [build, buildInfo],
    [laptop, laptopInfo],
  ] as const)
    server.push(bridge.bridgeId, bridge.segment('bridge', [{ type: 'bridge_info', info }], { at: now - HOUR }));
  const add = (bridge: FakeBridge, taskId: string, title: string, workspace: string, view: object): void =>
    server.addTask({ taskId, bridgeId: bridge.bridgeId, label: bridge.label(taskId, title, workspace), ...view });
  add(studio, 'notes', 'Release notes for 2.4', 'notes', {
    state: 'waiting',
    createdAt: now - 6 * MINUTE,
    startedAt: now - 6 * MINUTE,
  });
  add(studio, 'flaky', 'Fix the flaky checkout test', 'shop', {
    state: 'running',
    createdAt: now - 4 * MINUTE,
    startedAt: now - 3 * MINUTE,
  });
  add(laptop, 'photos', 'Tidy the photo index', 'photos', {
    provider: 'gemini',
    state: 'queued',
    createdAt: now - HOUR,
    deadline: now + 3 * HOUR,
  });
  add(build, 'review', 'Nightly dependency review', 'shop', {
    provider: 'gemini',
    state: 'succeeded',
    createdAt: now - 3 * HOUR,
    startedAt: now - 3 * HOUR,
    endedAt: now - 2.8 * HOUR,
  });
  add(build, 'billing', 'Migrate the billing table to the new currency columns', 'shop', {
    provider: 'opencode',
    state: 'failed',
    code: 'agent_error',
    createdAt: now - 5 * HOUR,
    startedAt: now - 5 * HOUR,
    endedAt: now - 4.9 * HOUR,
  });
  add(laptop, 'late', 'Compress the old scans', 'photos', {
    provider: 'command',
    state: 'expired',
    code: null,
    createdAt: now - 30 * HOUR,
    endedAt: now - 26 * HOUR,
    deadline: now - 26 * HOUR,
  });
  add(build, 'refused', 'Publish the package', 'shop', {
    provider: 'codex',
    state: 'rejected',
    code: 'workspace_not_allowed',
    createdAt: now - 31 * HOUR,
    endedAt: now - 31 * HOUR,
  });
  add(studio, 'lost', 'Translate the help pages', 'notes', {
    state: 'interrupted',
    code: 'bridge_crashed',
    createdAt: now - 55 * HOUR,
    startedAt: now - 55 * HOUR,
    endedAt: now - 54 * HOUR,
  });
  const approval = { approvalId: 'ask1', taskId: 'notes', state: 'pending', deadline: now + 8 * HOUR } as const;
  server.addApproval(approval);
  server.addApproval({ ...approval, approvalId: 'ask2', taskId: 'flaky', deadline: now + 7 * HOUR });
  server.push('studio', studio.segment('task:notes', notesRecords(now)));
  server.push('studio', studio.segment('task:flaky', flakyRecords(now)));
  server.push('build', build.segment('task:billing', billingRecords(now)));
  server.push('studio', studio.segment('task:lost', lostRecords(now)));
}

function text(
  type: 'agent_message_chunk' | 'agent_thought_chunk' | 'user_message_chunk',
  words: string,
  at: number,
): Timed {
  return { type, content: { type: 'text', text: words }, at };
}

function flakyRecords(now: number): Timed[] {
  const start = now - 192_000;
  const tool = (toolCallId: string, rest: object, at: number, end?: number): Timed[] => [
    { type: 'tool_call', toolCallId, title: toolCallId, status: 'in_progress', at, ...rest } as Timed,
    ...(end ? [{ type: 'tool_call_update', toolCallId, status: 'completed', at: end } as Timed] : []),
  ];
  return [
    {
      type: 'task_state',
      taskId: 'flaky',
      state: 'running',
      provider: 'claude',
      providerVersion: '2.1.330',
      workspace: 'shop',
      title: 'Fix the flaky checkout test',
      at: start,
    },
    text(
      'user_message_chunk',
      'The checkout test fails about once a week around midnight. Find out why and fix it.',
      start,
    ),
    text(
      'agent_thought_chunk',
      'The test reads the wall clock twice. If midnight falls between the two reads, the price of the day differs.',
      start + 2_000,
    ),
    text('agent_thought_chunk', ' I should look at the fixture first.', start + 9_000),
    text(
      'agent_message_chunk',
      'The failure only shows when the clock crosses midnight. I will pin the clock in the fixture and check the two callers:\n\n',
      start + 12_000,
    ),
    text(
      'agent_message_chunk',
      '1. `priceOfDay()` reads the clock **again** after the basket is filled.\n2. The fixture uses the real clock, see [the report](https://example.org/report).\n\n```ts\nconst clock = fixedClock("2026-03-01T12:00:00Z");\n```\n',
      start + 13_000,
    ),
    {
      type: 'plan',
      entries: [
        { content: 'Pin the clock in the fixture', priority: 'high', status: 'completed' },
        { content: 'Check both callers', priority: 'medium', status: 'in_progress' },
        { content: 'Run the suite ten times', priority: 'low', status: 'pending' },
      ],
      at: start + 14_000,
    },
    ...tool(
      'read1',
      {
        kind: 'read',
        title: 'Read test/checkout.test.ts',
        locations: [{ path: 'test/checkout.test.ts' }],
        rawInput: { file_path: 'test/checkout.test.ts' },
      },
      start + 20_000,
      start + 20_100,
    ),
    ...tool(
      'edit1',
      {
        kind: 'edit',
        title: 'Edit',
        locations: [{ path: 'test/support/clock.ts' }],
        content: [
          {
            type: 'diff',
            path: 'test/support/clock.ts',
            oldText: 'export const clock = systemClock;\nexport const zone = "UTC";\n',
            newText: 'export const clock = fixedClock("2026-03-01T12:00:00Z");\nexport const zone = "UTC";\n',
          },
        ],
      },
      start + 22_000,
      start + 22_200,
    ),
    ...tool(
      'run1',
      { kind: 'execute', title: 'npm test', rawInput: { command: 'npm test -- checkout' } },
      start + 184_000,
    ),
    {
      type: 'output_chunk',
      stream: 'stdout',
      text: ` RUN  test/checkout.test.ts\n ${GREEN}✓${END} takes the price of the day it was put in the basket\n ${DIM}· keeps the basket over midnight${END}\n ${RED}✗ counts the coupon once${END} \u001b[38;5;208m(retrying)\u001b[0m\n`,
      at: start + 186_000,
    },
    {
      type: 'output_manifest',
      files: [
        { name: 'TASK.md', sizeBytes: 1_240, sha256: 'a'.repeat(64) },
        { name: 'artifacts/report.html', sizeBytes: 88_120, sha256: 'b'.repeat(64) },
      ],
      at: start + 187_000,
    },
    {
      type: 'approval_requested',
      taskId: 'flaky',
      approvalId: 'ask2',
      sha256: 'c'.repeat(64),
      deadline: now + 7 * HOUR,
      title: 'run a command outside the project',
      request: {
        provider: 'claude',
        tool: 'Bash',
        input: { command: 'rm -rf ~/.cache/shop-test && npm test -- checkout' },
        cwd: '~/code/shop',
      },
      options: [],
      at: now - 4_000,
    },
  ];
}

function notesRecords(now: number): Timed[] {
  const start = now - 6 * MINUTE;
  return [
    {
      type: 'task_state',
      taskId: 'notes',
      state: 'running',
      provider: 'claude',
      workspace: 'notes',
      title: 'Release notes for 2.4',
      at: start,
    },
    text('user_message_chunk', 'Write the release notes for 2.4 from the merged pull requests.', start),
    {
      type: 'approval_requested',
      taskId: 'notes',
      approvalId: 'ask1',
      sha256: 'd'.repeat(64),
      deadline: now + 8 * HOUR,
      title: 'change a file',
      request: {
        provider: 'claude',
        tool: 'Edit',
        input: {
          file_path: 'CHANGELOG.md',
          old_string: '## 2.3\n',
          new_string: '## 2.4\n\n- Faster start\n- Fewer questions\n\n## 2.3\n',
        },
        cwd: '~/code/notes',
      },
      options: [],
      at: now - 2 * MINUTE,
    },
  ];
}

function billingRecords(now: number): Timed[] {
  const start = now - 5 * HOUR;
  return [
    {
      type: 'task_state',
      taskId: 'billing',
      state: 'running',
      provider: 'opencode',
      workspace: 'shop',
      title: 'Migrate the billing table to the new currency columns',
      at: start,
    },
    text('user_message_chunk', 'Migrate the billing table.', start),
    { type: 'notice', level: 'warning', text: 'The model was busy; trying again in 8 s.', at: start + 5_000 },
    { type: 'output_gap', from: 0, to: 2_400_000, at: start + 6_000 },
    {
      type: 'task_state',
      taskId: 'billing',
      state: 'failed',
      reason: { code: 'agent_error', message: 'The model refused: no credit left on this account.' },
      at: start + 6 * MINUTE,
    },
  ];
}

/** What goes wrong: a log with a hole and a forged part, a machine that is away. */
export function breakThings(server: FakeControlPlane, identity: WebIdentity): void {
  const studio = new FakeBridge(identity, 'studio');
  server.tamper('studio', 'task:flaky', (segments) => segments.map((segment) => ({ ...segment })));
  const at = Date.now() - 1_000;
  const chunk = (n: number) => ({ type: 'agent_message_chunk', n, at, content: { type: 'text', text: 'x' } }) as const;
  const forged = studio.sealAs('task:flaky', [chunk(30)]);
  server.push('studio', { ...forged, header: forged.header.replace('"bytes":', '"bytes": ') });
  server.addBridge('studio', { isOnline: false, since: Date.now() - 12 * MINUTE, rttMs: null });
}

/** A hundred thousand lines of one program. */
export function fillLong(server: FakeControlPlane, identity: WebIdentity, now: number): void {
  const studio = new FakeBridge(identity, 'studio');
  server.addBridge('studio', { since: now - HOUR, rttMs: 9 });
  server.addTask({
    taskId: 'long',
    bridgeId: 'studio',
    provider: 'command',
    label: studio.label('long', 'Index everything', 'shop'),
    state: 'running',
    createdAt: now,
    startedAt: now,
  });
  server.push(
    'studio',
    studio.segment(
      'task:long',
      [
        {
          type: 'task_state',
          taskId: 'long',
          state: 'running',
          provider: 'command',
          title: 'Index everything',
          workspace: 'shop',
        },
      ],
      { at: now },
    ),
  );
  for (let part = 0; part < 2_000; part++) {
    const lines = Array.from(
      { length: 50 },
      (_, index) =>
        `${GREEN}${part * 50 + index + 1}${END} indexed src/module-${index}/file-${part}.ts in ${DIM}${index} ms${END}\n`,
    );
    server.push(
      'studio',
      studio.segment('task:long', [{ type: 'output_chunk', stream: 'stdout', text: lines.join('') }], { at: now }),
    );
  }
}
