import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createWebClient, type WebClient } from '../../../src/client/web-client.ts';
import type { WebBridge } from '../../../src/client/web-state.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { type Desktop, type DesktopOptions, startDesktop } from './desktop.ts';

export interface Paired {
  readonly client: WebClient;
  readonly desktop: Desktop;
  readonly bridgeId: string;
  /** What the other device sees of this machine now. */
  seen(): WebBridge | undefined;
  /** Launches a program of the configuration from the person's other device. */
  launch(program: string): { readonly taskId: string; readonly outcome: Promise<unknown> };
  /** Ends the control plane. */
  cut(): Promise<void>;
  /** Starts it again where it was; a device of the same person connects to it. */
  restore(): Promise<WebClient>;
  stop(): Promise<void>;
}

/** How the app is paired: what a person does with the link that the web app shows. */
export type PairBy = (desktop: Desktop, link: string, stack: Stack) => Promise<void>;

/** Through a deep link, and a press. */
const byDeepLink: PairBy = async (desktop, link) => {
  await desktop.startAgain(link.replace(/^(https?:\/\/[^/]+)\/pair#/, 'ctrlnode://pair?server=$1#'));
  await desktop.page.getByRole('button', { name: /Pair with 127\.0\.0\.1/ }).click();
};

/** Pairs the app with a control plane of its own. */
export async function startPaired(options: DesktopOptions, pairBy: PairBy = byDeepLink): Promise<Paired> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'ctrlnode-stack-'));
  let stack = await startStack({ dataDir });
  const { client, identity } = await stack.pairClient();
  let later: WebClient | undefined;
  const invite = await client.invite('bridge');
  const desktop = await startDesktop(options);
  await pairBy(desktop, invite.link, stack);
  await desktop.page.getByRole('heading', { name: 'Online' }).waitFor();
  const state = await client.when((each) => each.bridges.filter((bridge) => bridge.isOnline).length === 2, 15_000);
  const bridge = state.bridges.find((each) => each.bridgeId !== stack.ready.bridge.id);
  if (!bridge) throw new Error('No bridge of the desktop');
  const { bridgeId } = bridge;
  return {
    ...{ client, desktop, bridgeId },
    seen: () => client.state.bridges.find((each) => each.bridgeId === bridgeId),
    launch: (program) =>
      client.launchTask({
        bridgeId,
        title: `Run ${program}`,
        instructions: 'Run it.',
        provider: 'command',
        workspace: 'default',
        settings: { program },
      }),
    async cut() {
      await stack.stop();
    },
    async restore() {
      stack = await startStack({ dataDir, port: stack.ready.controlPlane.port });
      later = createWebClient({ origin: stack.origin, identity });
      later.start();
      return later;
    },
    async stop() {
      later?.dispose();
      await desktop.close();
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
