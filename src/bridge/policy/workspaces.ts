/** Folders that hold the tasks' own folders, by name. The control plane knows neither their names nor their paths. */
import { mkdirSync } from 'node:fs';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import {
  type AllowedFolder,
  checkFolders,
  type FolderConfig,
  type FolderProblem,
  type FolderRules,
  isUnchanged,
} from './allowed-folder.ts';

export interface Workspaces {
  /** Only those that may be used. */
  readonly list: readonly AllowedFolder[];
  /** Configured folders that are not used, and why. */
  readonly problems: readonly FolderProblem[];
  /** From now on these are the configured folders. */
  change(folders: WorkspacesOptions['folders']): void;
  /** Why the folder could not be a workspace, in one sentence, or undefined. Makes nothing. */
  problemOf(folder: string): string | undefined;
  /** The folder of that name as it is now, or `workspace_not_allowed`. */
  resolve(name: string): Result<string, Reason>;
}

export interface WorkspacesOptions extends Pick<FolderRules, 'dataDir' | 'homeDir'> {
  /** By name, as configured. Missing folders are made. */
  readonly folders: Readonly<Record<string, FolderConfig>>;
}

export function createWorkspaces({ folders, dataDir, homeDir }: WorkspacesOptions): Workspaces {
  const make = (path: string): void => void mkdirSync(path, { recursive: true });
  const rules = { kind: 'workspace', dataDir, homeDir } as const;
  let checked = checkFolders(folders, { ...rules, make });
  return {
    get list() {
      return checked.list;
    },
    get problems() {
      return checked.problems;
    },
    change(next) {
      checked = checkFolders(next, { ...rules, make });
    },
    problemOf: (path) => checkFolders({ folder: { path, approvals: 'ask' } }, rules).problems[0]?.message,
    resolve: (name) => resolveWorkspace(checked.list, name),
  };
}

function resolveWorkspace(list: readonly AllowedFolder[], name: string): Result<string, Reason> {
  const workspace = list.find((candidate) => candidate.name === name);
  if (!workspace)
    return refuse(`This machine allows no workspace named “${name}”. Add it in the bridge’s configuration.`);
  if (!isUnchanged(workspace.path))
    return refuse(`The folder of the workspace “${name}” is gone or was replaced. Check it on the machine.`);
  return ok(workspace.path);
}

function refuse(message: string): Result<never, Reason> {
  return err({ code: 'workspace_not_allowed', message });
}
