import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWebClient } from '../../src/client/web-client.ts';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';
import { LogModel } from '../../src/ui/log/log-model.ts';
import { FakeBridge } from './support/fake-bridge.ts';
import { createTestIdentity, FakeControlPlane } from './support/fake-control-plane.ts';
import { untilLog } from './support/wait.ts';

const seed = process.env.FC_SEED ? Number(process.env.FC_SEED) : Date.now() % 2 ** 31;

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '\n', '\r', '\t', '\u001b[31m', '\u001b[0m', '\u001b', '[', 'm', '✓'),
});
const record: fc.Arbitrary<NewTaskRecord> = fc.oneof(
  text.map((words) => of({ type: 'agent_message_chunk', content: { type: 'text', text: words } })),
  text.map((words) => of({ type: 'agent_thought_chunk', content: { type: 'text', text: words } })),
  fc
    .tuple(text, fc.constantFrom(undefined, 'm1', 'm2'))
    .map(([words, messageId]) =>
      of({ type: 'user_message_chunk', content: { type: 'text', text: words }, ...(messageId && { messageId }) }),
    ),
  fc
    .tuple(fc.constantFrom('stdout' as const, 'stderr' as const), text)
    .map(([stream, words]) => of({ type: 'output_chunk', stream, text: words })),
  fc.constantFrom('t1', 't2').map((toolCallId) => of({ type: 'tool_call', toolCallId, title: 'Run', kind: 'execute' })),
  fc
    .constantFrom('t1', 't2', 't3')
    .map((toolCallId) => of({ type: 'tool_call_update', toolCallId, status: 'completed', rawOutput: 'x' })),
  fc
    .constantFrom('queued' as const, 'running' as const, 'waiting' as const, 'succeeded' as const)
    .map((state) => of({ type: 'task_state', taskId: 't', state })),
);

/** Records in segments; the connection is cut before some of them. */
const history = fc.array(
  fc.record({ records: fc.array(record, { minLength: 1, maxLength: 8 }), isCut: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

test(`any split into segments and any reconnect gives the same log (seed ${seed})`, { timeout: 120_000 }, async () => {
  const identity = createTestIdentity();
  const property = fc.asyncProperty(history, fc.nat(12), async (parts, openAt) => {
    const server = new FakeControlPlane();
    await server.listen();
    const bridge = new FakeBridge(identity, 'studio');
    server.addBridge('studio');
    const client = createWebClient({ origin: server.origin, identity, random: () => 0 });
    client.start();
    await client.when(({ connection }) => connection.state === 'online', 5_000);
    const push = ({ records }: (typeof parts)[number]): void =>
      server.push('studio', bridge.segment('task:t', records));
    for (const part of parts.slice(0, openAt)) push(part);
    const log = client.openTask('t', 'studio');
    const model = new LogModel();
    model.append(log.entries);
    log.onDidChange((change) => change.kind === 'appended' && model.append(change.entries));
    for (const part of parts.slice(openAt)) {
      if (part.isCut) server.cut();
      push(part);
    }
    const all = parts.flatMap((part) => part.records);
    await untilLog(log, () => log.lastNumber === all.length);
    const whole = new LogModel();
    const numbered = all.map(({ type, ...rest }, index) => ({ type, n: index + 1, at: 1_700_000_000_000, ...rest }));
    for (const one of numbered) whole.append([{ kind: 'record', record: one as never }]);
    client.dispose();
    await server.close();
    expect(model.blocks).toEqual(whole.blocks);
    expect(model.summary).toEqual(whole.summary);
  });
  await fc.assert(property, { seed, numRuns: 40 });
});

function of(one: NewTaskRecord): NewTaskRecord {
  return one;
}
