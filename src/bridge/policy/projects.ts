/** Existing folders of the user in which agents may work, by name. Nothing is ever made or removed there by the bridge. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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

export interface Project extends AllowedFolder {
  /** It is the top folder of a git repository, so worktrees can be made of it. */
  readonly isGit: boolean;
}

export interface Projects {
  /** Those that can be worked in now. */
  list(): readonly Project[];
  /** Configured folders that are not used, and why. */
  readonly problems: readonly FolderProblem[];
  /** The folder of that name as it is now, or `project_not_allowed`. */
  resolve(name: string): Result<string, Reason>;
}

export interface ProjectsOptions extends Pick<FolderRules, 'dataDir' | 'homeDir'> {
  /** By name, as configured. */
  readonly folders: Readonly<Record<string, FolderConfig>>;
}

export function createProjects({ folders, dataDir, homeDir }: ProjectsOptions): Projects {
  const { list, problems } = checkFolders(folders, { kind: 'project', dataDir, homeDir });
  return {
    problems,
    list: () => list.filter(({ path }) => isUnchanged(path)).map((project) => ({ ...project, isGit: isGit(project) })),
    resolve: (name) => resolveProject(list, name),
  };
}

function resolveProject(list: readonly AllowedFolder[], name: string): Result<string, Reason> {
  const project = list.find((candidate) => candidate.name === name);
  if (!project) return refuse(`This machine allows no project named “${name}”. Add it in the bridge’s configuration.`);
  if (!isUnchanged(project.path))
    return refuse(`The folder of the project “${name}” is gone or was replaced. Check it on the machine.`);
  return ok(project.path);
}

// A file where the folder is itself a worktree, or a submodule.
function isGit({ path }: AllowedFolder): boolean {
  return existsSync(join(path, '.git'));
}

function refuse(message: string): Result<never, Reason> {
  return err({ code: 'project_not_allowed', message });
}
