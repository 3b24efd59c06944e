import { type BrowserWindow, dialog } from 'electron/main';
import { CodedError } from '../../base/errors.ts';
import { addWorkspace, removeWorkspace } from '../../bridge/config/edit-workspaces.ts';
import type { EngineHost } from './engine-host.ts';

/** Lets the person choose a folder and allows it, at once. Undefined if none was chosen. */
export async function chooseWorkspace(
  engine: EngineHost,
  window: BrowserWindow | undefined,
): Promise<string | undefined> {
  const options: Electron.OpenDialogOptions = {
    title: 'Choose a folder for tasks',
    buttonLabel: 'Allow this folder',
    properties: ['openDirectory', 'createDirectory'],
  };
  const { filePaths } = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
  const [folder] = filePaths;
  if (folder === undefined) return undefined;
  const problem = engine.bridge?.problemOfWorkspace(folder);
  if (problem !== undefined) throw new CodedError('workspace_invalid', problem);
  const name = addWorkspace(engine.bridgeDir, folder);
  await engine.applyConfig();
  return name;
}

export async function forgetWorkspace(engine: EngineHost, name: string): Promise<void> {
  removeWorkspace(engine.bridgeDir, name);
  await engine.applyConfig();
}
