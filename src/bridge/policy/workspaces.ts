/** Folders that the user allowed tasks to work in, by name. The control plane knows the names, never the paths. */
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, parse, relative, resolve, sep } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';

export interface Workspace {
  readonly name: string;
  /** Absolute, with every symbolic link resolved. */
  readonly path: string;
}

export interface WorkspaceProblem {
  readonly name: string;
  /** One sentence that says what to do. */
  readonly message: string;
}

export interface Workspaces {
  /** Only those that may be used. */
  readonly list: readonly Workspace[];
  /** Configured folders that are not used, and why. */
  readonly problems: readonly WorkspaceProblem[];
  /** The folder of that name as it is now, or `workspace_not_allowed`. */
  resolve(name: string): Result<string, Reason>;
}

export interface WorkspacesOptions {
  /** Name to path, as configured. Missing folders are made. */
  readonly folders: Readonly<Record<string, string>>;
  readonly dataDir: string;
  readonly homeDir: string;
}

/** Checks each folder once, when it is configured. One bad folder does not take the others away. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const list: Workspace[] = [];
  const problems: WorkspaceProblem[] = [];
  for (const [name, path] of Object.entries(options.folders)) {
    const checked = checkWorkspacePath(path, options);
    if (checked.ok) list.push({ name, path: checked.value });
    else problems.push({ name, message: checked.error });
  }
  return { list, problems, resolve: (name) => resolveWorkspace(list, name) };
}

/** The real path of a folder that tasks may use, or one sentence that says why not. */
export function checkWorkspacePath(
  path: string,
  { dataDir, homeDir }: Pick<WorkspacesOptions, 'dataDir' | 'homeDir'>,
): Result<string, string> {
  if (!isAbsolute(path)) return err(`The workspace folder ${path} must be given as an absolute path.`);
  // Before anything is made there, and again behind symbolic links.
  const early = problemOfPlace(resolve(path), dataDir, homeDir);
  if (early !== undefined) return err(early);
  const real = makeAndResolve(path);
  if (!real.ok) return real;
  const problem = problemOfPlace(real.value, realPathOr(dataDir), realPathOr(homeDir));
  return problem === undefined ? real : err(problem);
}

// Checked again at each use: somebody may have put a symbolic link in its place since.
function resolveWorkspace(list: readonly Workspace[], name: string): Result<string, Reason> {
  const workspace = list.find((candidate) => candidate.name === name);
  if (!workspace)
    return refuse(`This machine allows no workspace named “${name}”. Add it in the bridge’s configuration.`);
  if (realPathOr(workspace.path, '') !== workspace.path || !isFolder(workspace.path))
    return refuse(`The folder of the workspace “${name}” is gone or was replaced. Check it on the machine.`);
  return ok(workspace.path);
}

function problemOfPlace(path: string, dataDir: string, homeDir: string): string | undefined {
  if (path === parse(path).root) return 'The whole disk cannot be a workspace. Choose a folder for tasks.';
  if (path === homeDir) return 'Your home folder itself cannot be a workspace. Choose a folder in it.';
  if (contains(path, homeDir))
    return `The folder ${path} holds your home folder and cannot be a workspace. Choose a folder for tasks.`;
  if (contains(path, dataDir) || contains(dataDir, path))
    return `The folder ${path} overlaps the bridge’s own data folder and cannot be a workspace. Choose another folder.`;
  return undefined;
}

/** Whether `inner` is `outer` or lies within it. */
function contains(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path === '' || (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path));
}

function makeAndResolve(path: string): Result<string, string> {
  try {
    mkdirSync(path, { recursive: true });
    return isFolder(path) ? ok(realpathSync.native(path)) : err(`${path} is not a folder.`);
  } catch (error) {
    return err(`The workspace folder ${path} cannot be used: ${messageOf(error)}.`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function realPathOr(path: string, otherwise = path): string {
  try {
    return realpathSync.native(path);
  } catch {
    return otherwise;
  }
}

function refuse(message: string): Result<never, Reason> {
  return err({ code: 'workspace_not_allowed', message });
}
