import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

export interface LookupSystem {
  readonly platform: NodeJS.Platform;
  /** Windows: `.COM;.EXE;.BAT;…`, in the order in which a name is tried. */
  readonly pathExtensions: string;
  readonly isExecutable: (file: string) => Promise<boolean>;
}

const DEFAULT_EXTENSIONS = '.COM;.EXE;.BAT;.CMD';
/** The rest of PATHEXT is opened by other programs, which we would not know. */
const STARTABLE = /^\.(?:com|exe|bat|cmd)$/i;

/**
 * The absolute path of a program: `command` itself if it is absolute, else the first entry of PATH that holds it.
 * Undefined if there is none. A relative path is none: it would mean another program in every folder.
 */
export async function findExecutable(
  command: string,
  searchPath: string,
  system: LookupSystem = thisSystem(),
): Promise<string | undefined> {
  const { isAbsolute, delimiter, join } = system.platform === 'win32' ? path.win32 : path.posix;
  const isNamed = isAbsolute(command);
  if (!isNamed && isRelativePath(command, system)) return undefined;
  const bases = isNamed
    ? [command]
    : searchPath.split(delimiter).flatMap((folder) => (isAbsolute(folder) ? [join(folder, command)] : []));
  for (const file of bases.flatMap((base) => spellings(base, system))) {
    if (await system.isExecutable(file)) return file;
  }
  return undefined;
}

// With a colon it would name a drive's current folder, or a stream of a file.
function isRelativePath(command: string, { platform }: LookupSystem): boolean {
  return command === '' || (platform === 'win32' ? /[\\/:\0]/ : /[/\0]/).test(command);
}

// A file without an extension is no program there, such as the POSIX scripts that npm puts beside its .cmd files.
function spellings(base: string, { platform, pathExtensions }: LookupSystem): string[] {
  if (platform !== 'win32' || STARTABLE.test(path.win32.extname(base))) return [base];
  const extensions = (pathExtensions || DEFAULT_EXTENSIONS).split(';').filter((extension) => STARTABLE.test(extension));
  return extensions.map((extension) => `${base}${extension.toLowerCase()}`);
}

function thisSystem(): LookupSystem {
  return { platform: process.platform, pathExtensions: process.env.PATHEXT ?? '', isExecutable };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
