import { shell } from 'electron/common';
import { app, dialog } from 'electron/main';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import { version } from '../../protocol/version.ts';
import type { Updates } from '../os/update-cycle.ts';
import type { TrayActions } from '../tray/tray-menu.ts';
import { updateAnswer } from '../tray/update-words.ts';
import type { DesktopParts } from './desktop-app.ts';
import { installUpdate } from './install-update.ts';

/** What the items of the tray's menu do. What fails is said in a dialog: a menu has no place for it. */
export function createTrayActions(parts: DesktopParts): TrayActions {
  const { engine, settings, updates } = parts;
  const guarded = (act: () => unknown): void => {
    const onError = (error: unknown): void => dialog.showErrorBox('That did not work', messageOf(error));
    drop(Promise.resolve().then(act), onError);
  };
  return {
    open: () => parts.show(),
    openPairing: () => parts.goTo({ to: 'pair' }),
    unpair: () => guarded(() => unpair(parts)),
    pause: (untilMs) => guarded(() => engine.bridge?.pause(untilMs)),
    resume: () => guarded(() => engine.bridge?.resume()),
    retry: () => guarded(() => engine.bridge?.retryNow()),
    answer: ({ approvalId, sha256 }, decision) =>
      guarded(() => engine.bridge?.approvals.answer(approvalId, { decision, sha256 })),
    openTask: (taskId) => parts.goTo({ to: 'task', taskId }),
    cancelTask: (taskId) => guarded(() => engine.bridge?.localTasks.cancel(taskId)),
    openWorkspace: (name) =>
      guarded(() => {
        const workspace = engine.bridge?.snapshot.workspaces.find((each) => each.name === name);
        return workspace && shell.openPath(workspace.path);
      }),
    setStartAtLogin: (startAtLogin) => settings.change({ startAtLogin }),
    checkForUpdates: () => guarded(() => checkForUpdates(updates)),
    installUpdate: () => guarded(() => installUpdate(parts)),
    quit: () => app.quit(),
  };
}

async function checkForUpdates(updates: Updates): Promise<void> {
  await dialog.showMessageBox({ type: 'info', ...updateAnswer(await updates.check(), version), buttons: ['Close'] });
}

async function unpair({ engine }: DesktopParts): Promise<void> {
  const server = engine.bridge?.snapshot.server;
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: `Unpair this computer${server ? ` from ${new URL(server).host}` : ''}?`,
    detail: 'It can no longer be reached from there. Running tasks go on, and their folders stay.',
    buttons: ['Unpair', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
  });
  if (response === 0) await engine.bridge?.unpair();
}
