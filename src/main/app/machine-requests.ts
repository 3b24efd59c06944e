import { type BrowserWindow, dialog } from 'electron/main';
import { forgetAuthorities, trustAuthorities } from '../../bridge/config/authority.ts';
import { changeLimits } from '../../bridge/config/edit-limits.ts';
import type { LimitChanges, LimitProblems } from '../../protocol/ui/machine-settings.ts';
import type { EngineHost } from './engine-host.ts';

export async function setLimits(engine: EngineHost, changes: LimitChanges): Promise<LimitProblems> {
  const problems = changeLimits(engine.bridgeDir, changes);
  if (Object.keys(problems).length === 0) await engine.applyConfig();
  return problems;
}

/** The person names the file to the system, never to the page. */
export async function chooseAuthorities(engine: EngineHost, window: BrowserWindow | undefined): Promise<void> {
  const options: Electron.OpenDialogOptions = {
    title: 'Choose a file of certificates',
    buttonLabel: 'Trust these',
    filters: [
      { name: 'Certificates (PEM)', extensions: ['pem', 'crt', 'cer'] },
      { name: 'All files', extensions: ['*'] },
    ],
    properties: ['openFile'],
  };
  const { filePaths } = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
  const [file] = filePaths;
  if (file === undefined) return;
  trustAuthorities(engine.bridgeDir, file);
  await engine.applyConfig();
}

export async function distrustAuthorities(engine: EngineHost): Promise<void> {
  forgetAuthorities(engine.bridgeDir);
  await engine.applyConfig();
}
