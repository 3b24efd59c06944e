import path from 'node:path';
import { shell } from 'electron/common';
import { CodedError } from '../../base/errors.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import { sentenceOfRemoval } from '../../bridge/retention/removal-words.ts';
import { parsePairingLink } from '../../sealing/pairing-link.ts';
import { readRecords } from '../ipc/read-records.ts';
import type { Handlers } from '../ipc/serve.ts';
import type { DesktopParts } from './desktop-app.ts';
import { installUpdate } from './install-update.ts';
import { chooseAuthorities, distrustAuthorities, setLimits } from './machine-requests.ts';
import { chooseWorkspace, forgetWorkspace } from './workspace-requests.ts';

/** What each request of the window does. */
export function createHandlers(parts: DesktopParts): Handlers {
  const { engine, settings, model, navigation, updates, window } = parts;
  const bridge = (): Bridge => {
    if (engine.bridge) return engine.bridge;
    throw new CodedError('engine_stopped', engine.problem ?? 'The bridge does not run.');
  };
  return {
    'state/get'() {
      // What it asks for first is asked by a page that listens.
      setImmediate(() => navigation.pageReady());
      return model.state;
    },
    'pairing/inspect': ({ link }) => inspect(link),
    'pairing/pair': async ({ link }) => {
      await bridge().pair(link);
      return null;
    },
    'pairing/unpair': async () => {
      await bridge().unpair();
      return null;
    },
    'link/pause': async ({ untilMs }) => {
      await bridge().pause(untilMs);
      return null;
    },
    'link/resume': () => done(bridge().resume()),
    'link/retry': () => done(bridge().retryNow()),
    'tasks/launch': (launch) => ({ taskId: bridge().localTasks.launch(launch) }),
    'tasks/say': ({ taskId, text }) => done(bridge().messages.say(taskId, text)),
    'tasks/cancel': ({ taskId }) => done(bridge().localTasks.cancel(taskId)),
    'tasks/records': ({ taskId, cursor }) => readRecords(folderOf(bridge(), taskId), cursor),
    'tasks/open-folder': ({ taskId }) => openFolder(keptFolderOf(bridge(), taskId)),
    'approvals/answer': ({ approvalId, sha256, decision }) =>
      done(bridge().approvals.answer(approvalId, { decision, sha256 })),
    'providers/refresh': async () => {
      await bridge().refreshProviders();
      return null;
    },
    'settings/change': (change) => done(settings.change(change)),
    'workspaces/add': async () => ({ name: (await chooseWorkspace(engine, window.window)) ?? null }),
    'workspaces/remove': async ({ name }) => done(await forgetWorkspace(engine, name)),
    'limits/change': async (changes) => ({ problems: await setLimits(engine, changes) }),
    'authorities/choose': async () => done(await chooseAuthorities(engine, window.window)),
    'authorities/forget': async () => done(await distrustAuthorities(engine)),
    'engine/start': async () => done(await engine.open()),
    'updates/check': async () => done(await updates.check()),
    'updates/install': async () => done(await installUpdate(parts)),
    'config/open': () => openFolder(model.state.configFile),
    'workspaces/open': ({ name }) => openFolder(workspaceOf(bridge(), name)),
  };
}

function done(_result: unknown): null {
  return null;
}

function inspect(link: string): { server: string; isLocal: boolean } {
  const parsed = parsePairingLink(link);
  if (!parsed.ok) throw new CodedError(parsed.error.code, parsed.error.message);
  if (parsed.value.kind !== 'bridge') {
    throw new CodedError(
      'link_kind',
      'This link is for a browser or a phone. Make one for a machine: "Add a machine".',
    );
  }
  const { host, hostname } = new URL(parsed.value.origin);
  return { server: host, isLocal: ['localhost', '127.0.0.1', '[::1]'].includes(hostname) };
}

function folderOf(bridge: Bridge, taskId: string): string {
  const task = bridge.findTask(taskId);
  if (task) return task.folder;
  throw new CodedError('task_unknown', 'This machine has no such task.');
}

function keptFolderOf(bridge: Bridge, taskId: string): string {
  const removal = bridge.findTask(taskId)?.removal;
  if (removal) throw new CodedError('task_files_removed', sentenceOfRemoval(removal));
  return folderOf(bridge, taskId);
}

function workspaceOf(bridge: Bridge, name: string): string {
  const workspace = bridge.snapshot.workspaces.find((each) => each.name === name);
  if (workspace) return workspace.path;
  throw new CodedError('workspace_not_allowed', 'There is no such workspace.');
}

async function openFolder(folder: string): Promise<null> {
  const problem = await shell.openPath(path.resolve(folder));
  if (problem) throw new CodedError('folder_not_opened', `The folder could not be opened: ${problem}`);
  return null;
}
