/**
 * Whether files of a request lie where a rule says. For allowing, a file must match as it is written and also behind
 * symbolic links, and may not be written with `..` or `~`. For denying and asking either is enough.
 */
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';

export interface PathContext {
  /** Where the agent works; relative patterns and files begin there. */
  readonly cwd: string;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
}

const PATH_MAX_LENGTH = 4_096;

export function allowsFile(pattern: string, file: string, context: PathContext): boolean {
  if (!isPlainlyWritten(file)) return false;
  const lexical = path.resolve(context.cwd, file);
  const real = realPathOf(lexical);
  if (real === undefined) return false;
  const wanted = absolutePattern(pattern, context);
  return matchesGlob(wanted, lexical, 'exact') && matchesGlob(realPattern(wanted), real, 'exact');
}

export function concernsFile(pattern: string, file: string, context: PathContext): boolean {
  // No system has longer ones, and a long text must not be matched against many wildcards.
  if (file.length > PATH_MAX_LENGTH) return false;
  const lexical = path.resolve(context.cwd, expandHome(file, context.homeDir));
  const real = realPathOf(lexical) ?? lexical;
  const wanted = absolutePattern(pattern, context);
  // Where the disk does not tell cases apart, a rule must not be passed by writing a name in another one.
  const caseOf = context.platform === 'linux' ? 'exact' : 'any';
  return [wanted, realPattern(wanted)].some((each) => [lexical, real].some((at) => matchesGlob(each, at, caseOf)));
}

/** Whether a file is, as written or behind symbolic links, in a folder or the folder itself. */
export function isWithin(folder: string, file: string, context: PathContext): boolean {
  return concernsFile(`${folder}/**`, file, context) || concernsFile(folder, file, context);
}

function isPlainlyWritten(file: string): boolean {
  if (file === '' || file.length > PATH_MAX_LENGTH || file.startsWith('~') || /\p{Cc}/u.test(file)) return false;
  return !file.split(/[/\\]/).includes('..');
}

function expandHome(file: string, homeDir: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homeDir, file.slice(1)) : file;
}

function absolutePattern(pattern: string, { cwd, homeDir }: PathContext): string {
  return path.resolve(cwd, expandHome(pattern, homeDir));
}

/** The part before the first wildcard, behind symbolic links, so that a rule may name a folder by a link. */
function realPattern(pattern: string): string {
  const parts = pattern.split(path.sep);
  const at = parts.findIndex((part) => /[*?]/.test(part));
  const fixed = (at < 0 ? parts : parts.slice(0, at)).join(path.sep) || path.parse(pattern).root;
  const rest = at < 0 ? [] : parts.slice(at);
  return path.join(realPathOf(fixed) ?? fixed, ...rest);
}

/** Follows links as far as there is something. Undefined behind a link that leads nowhere yet: writing would follow it. */
function realPathOf(file: string): string | undefined {
  const rest: string[] = [];
  for (let at = file; ; at = path.dirname(at)) {
    try {
      return path.join(realpathSync.native(at), ...rest);
    } catch {
      if (lstatSync(at, { throwIfNoEntry: false }) !== undefined || path.dirname(at) === at) return undefined;
      rest.unshift(path.basename(at));
    }
  }
}

function matchesGlob(pattern: string, file: string, caseOf: 'exact' | 'any'): boolean {
  const slashed = (text: string): string => text.replaceAll(path.sep, '/');
  return new RegExp(`^${sourceOf(slashed(pattern))}$`, caseOf === 'any' ? 'isu' : 'su').test(slashed(file));
}

/** `**` any folders, `*` and `?` within one name; names that begin with a dot are names like others. */
function sourceOf(pattern: string): string {
  const parts = pattern.split(/(\/\*\*(?=\/|$)|\*+|\?)/);
  return parts.map((part) => WILDCARDS[part] ?? (/^\*+$/.test(part) ? '[^/]*' : part.replace(SYNTAX, '\\$&'))).join('');
}

const SYNTAX = /[\\^$.*+?()[\]{}|]/g;
const WILDCARDS: Readonly<Record<string, string>> = { '/**': '(?:/.*)?', '?': '[^/]' };
