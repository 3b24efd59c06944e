/** Which folders of this machine a user may name in the configuration, and whether one is still what it was then. */
import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, parse, relative, resolve, sep } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** One configured folder: where it is, and whether agents' questions are asked there. */
export interface FolderConfig {
  readonly path: string;
  readonly approvals: 'ask' | 'allow';
}

export interface AllowedFolder extends FolderConfig {
  readonly name: string;
  /** Absolute, with every symbolic link resolved. */
  readonly path: string;
}

export interface FolderProblem {
  readonly name: string;
  /** One sentence that says what to do. */
  readonly message: string;
}

export interface FolderRules {
  readonly kind: 'workspace' | 'project';
  /** The bridge's own folder. */
  readonly dataDir: string;
  readonly homeDir: string;
  /** Makes a folder that may be missing. Called once its place is known to be fit. */
  readonly make?: (path: string) => void;
}

/** Checks each folder once, when it is configured. One bad folder does not take the others away. */
export function checkFolders(folders: Readonly<Record<string, FolderConfig>>, rules: FolderRules) {
  const list: AllowedFolder[] = [];
  const problems: FolderProblem[] = [];
  for (const [name, { path, approvals }] of Object.entries(folders)) {
    const checked = checkFolder(path, rules);
    if (checked.ok) list.push({ name, path: checked.value, approvals });
    else problems.push({ name, message: checked.error });
  }
  return { list, problems } as const;
}

/** Checked again at each use: somebody may have put a symbolic link in its place since. */
export function isUnchanged(path: string): boolean {
  return realPathOr(path, '') === path && isFolder(path);
}

function checkFolder(path: string, rules: FolderRules): Result<string, string> {
  if (!isAbsolute(path)) return err(`The ${rules.kind} folder ${path} must be given as an absolute path.`);
  // Before anything is made there, and again behind symbolic links.
  const early = problemOfPlace(resolve(path), rules);
  if (early !== undefined) return err(early);
  const real = realFolder(path, rules);
  if (!real.ok) return real;
  const { dataDir, homeDir } = rules;
  const problem = problemOfPlace(real.value, { ...rules, dataDir: realPathOr(dataDir), homeDir: realPathOr(homeDir) });
  return problem === undefined ? real : err(problem);
}

function problemOfPlace(path: string, { kind, dataDir, homeDir }: FolderRules): string | undefined {
  if (path === parse(path).root) return `The whole disk cannot be a ${kind}. Choose a folder for tasks.`;
  if (path === homeDir) return `Your home folder itself cannot be a ${kind}. Choose a folder in it.`;
  if (contains(path, homeDir))
    return `The folder ${path} holds your home folder and cannot be a ${kind}. Choose a folder for tasks.`;
  if (contains(path, dataDir) || contains(dataDir, path))
    return `The folder ${path} overlaps the bridge’s own data folder and cannot be a ${kind}. Choose another folder.`;
  return undefined;
}

/** Whether `inner` is `outer` or lies within it. */
function contains(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path === '' || (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path));
}

function realFolder(path: string, { kind, make }: FolderRules): Result<string, string> {
  try {
    make?.(path);
    return isFolder(path)
      ? ok(realpathSync.native(path))
      : err(`The ${kind} folder ${path} is not a folder, or not there. Correct the configuration.`);
  } catch (error) {
    return err(`The ${kind} folder ${path} cannot be used: ${messageOf(error)}.`);
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
