import { expect, test } from 'vitest';
import { base64, createAccount, pairBridge } from './support/account.ts';
import { envelopesIn, launchOf } from './support/command.ts';
import { connect, segmentOf } from './support/link.ts';
import { openPage } from './support/page.ts';
import { startServer } from './support/server.ts';

test('a launched task reaches the bridge, and what the bridge says reaches the page', async () => {
  const server = await startServer();
  const account = await createAccount(server);
  const bridge = await pairBridge(server, account.owner);
  const page = await openPage(server, account.owner);
  const welcome = await page.next('welcome');
  expect(welcome.bridges.map((one) => [one.bridgeId, one.isOnline, one.since])).toEqual([
    [bridge.deviceId, false, null],
  ]);

  const link = await connect(server, bridge);
  await page.next('bridge_changed', (frame) => frame.bridge.isOnline);

  const launch = launchOf(account, bridge);
  page.send({ type: 'command', envelope: launch });
  await page.next('command_accepted', (frame) => frame.commandId === launch.commandId);
  await page.next('task_changed', (frame) => frame.task.state === 'queued');
  const commands = await link.next('segment');
  expect(envelopesIn(commands.body)).toEqual([launch]);
  link.send({ type: 'ack', stream: 'commands', epoch: commands.epoch, cursor: commands.last });

  const stream = `task:${launch.taskId}`;
  page.send({ type: 'subscribe', subscriptionId: 's1', bridgeId: bridge.deviceId, stream, after: 0 });
  await page.next('caught_up', (frame) => frame.subscriptionId === 's1');
  link.segment(
    segmentOf('bridge', 'epochaaaa', [1, 1], { commands: [{ commandId: launch.commandId, outcome: 'done' }] }),
  );
  link.segment(
    segmentOf(stream, 'epochbbbb', [1, 3], { states: [{ taskId: launch.taskId, state: 'running', at: 1000 }] }),
  );
  await link.ack('bridge', 1);
  await link.ack(stream, 3);
  await page.next('command_outcome', (frame) => frame.outcome === 'done');
  const changed = await page.next('task_changed', (frame) => frame.task.state === 'running');
  expect(changed.task).toMatchObject({ taskId: launch.taskId, startedAt: 1000, label: base64('sealed label') });
  const segment = await page.next('segment');
  expect(segment.segment).toEqual(
    segmentOf(stream, 'epochbbbb', [1, 3], { states: [{ taskId: launch.taskId, state: 'running', at: 1000 }] }),
  );

  await server.close();
  expect((await link.end()).code).toBe(1001);
  expect(link.ofType('goodbye')).toHaveLength(1);
  expect((await page.end()).code).toBe(1001);
});
