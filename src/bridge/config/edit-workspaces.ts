import path from 'node:path';
import { CodedError } from '../../base/errors.ts';
import { editConfig } from './edit-config.ts';
import { loadConfig } from './load.ts';
import type { BridgeConfig } from './schema.ts';

const NAME_MAX = 63;
type Folders = BridgeConfig['workspaces'];

/** Allows the folder, under a name made from its own. Returns that name. Everything else in the file stays as it is. */
export function addWorkspace(bridgeDir: string, folder: string): string {
  const { workspaces } = loadConfig(bridgeDir);
  const known = Object.entries(workspaces).find(([, each]) => path.resolve(each.path) === path.resolve(folder));
  if (known) throw new CodedError('workspace_invalid', `That folder is the workspace “${known[0]}” already.`);
  const name = freeName(path.basename(folder), workspaces);
  write(bridgeDir, { ...workspaces, [name]: { path: folder, approvals: 'ask' } });
  return name;
}

/** The folder is not allowed any more. Nothing in it is touched. */
export function removeWorkspace(bridgeDir: string, name: string): void {
  const { [name]: removed, ...rest } = loadConfig(bridgeDir).workspaces;
  if (!removed) throw new CodedError('workspace_not_allowed', `There is no workspace “${name}”.`);
  // Without any there would be the default one, which the person did not choose.
  if (Object.keys(rest).length === 0)
    throw new CodedError('workspace_invalid', 'This is the only workspace. Add another one before you remove it.');
  write(bridgeDir, rest);
}

function freeName(folderName: string, taken: Folders): string {
  const plain = folderName.replace(/[^A-Za-z0-9 ._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const base = plain.slice(0, NAME_MAX - 4).trim() || 'workspace';
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}

function write(bridgeDir: string, workspaces: Folders): void {
  editConfig(bridgeDir, (text) => ({ ...text, workspaces }));
}
