import type { WebClient } from '../../../src/client/web-client.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { type Desktop, type DesktopOptions, startDesktop } from './desktop.ts';

export interface Paired {
  readonly stack: Stack;
  readonly client: WebClient;
  readonly desktop: Desktop;
  readonly bridgeId: string;
  /** Launches a program of the configuration from the person's other device. */
  launch(program: string): { readonly taskId: string; readonly outcome: Promise<unknown> };
  stop(): Promise<void>;
}

/** Pairs the app with a control plane of its own through a deep link. */
export async function startPaired(options: DesktopOptions): Promise<Paired> {
  const stack = await startStack();
  const { client } = await stack.pairClient();
  const invite = await client.invite('bridge');
  const link = invite.link.replace(/^(https?:\/\/[^/]+)\/pair#/, 'ctrlnode://pair?server=$1#');
  const desktop = await startDesktop(options);
  await desktop.startAgain(link);
  const { page } = desktop;
  await page.getByRole('button', { name: /Pair with 127\.0\.0\.1/ }).click();
  await page.getByRole('heading', { name: 'Online' }).waitFor();
  const state = await client.when((each) => each.bridges.filter((bridge) => bridge.isOnline).length === 2, 15_000);
  const bridge = state.bridges.find((each) => each.bridgeId !== stack.ready.bridge.id);
  if (!bridge) throw new Error('No bridge of the desktop');
  const { bridgeId } = bridge;
  return {
    ...{ stack, client, desktop, bridgeId },
    launch: (program) =>
      client.launchTask({
        bridgeId,
        title: `Run ${program}`,
        instructions: 'Run it.',
        provider: 'command',
        workspace: 'default',
        settings: { program },
      }),
    async stop() {
      await desktop.close();
      await stack.stop();
    },
  };
}
