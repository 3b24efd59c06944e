import path from 'node:path';
import { execa } from 'execa';
import { type Environment, pathOf } from './environment.ts';
import { systemProgram } from './system-program-win32.ts';

/** Runs `reg query` for the value `Path` of a key and resolves with what it prints, which may be nothing. */
export type QueryPath = (key: string) => Promise<string>;

const MACHINE = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';
const USER = 'HKCU\\Environment';
const LINE = /^\s+Path\s+REG_(EXPAND_)?SZ\s+(.+?)\s*$/im;
const TIMEOUT_MS = 3_000;

/**
 * The PATH that the user has in a terminal opened now. Ours is from when the session began; a program installed since is
 * only in the registry. Asked once; the process's own entries follow.
 */
export function createRegistryPath(environment: Environment, query: QueryPath = queryRegistry): () => Promise<string> {
  let answer: Promise<string> | undefined;
  return () => {
    answer ??= Promise.all([MACHINE, USER].map((key) => query(key))).then((texts) => {
      const registered = texts.map((text) => valueIn(text, environment));
      return distinct([...registered, pathOf(environment)].flatMap((value) => value.split(';')));
    });
    return answer;
  };
}

async function queryRegistry(key: string): Promise<string> {
  const { stdout } = await execa(systemProgram('reg.exe'), ['query', key, '/v', 'Path'], {
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: TIMEOUT_MS,
    windowsHide: true,
  });
  return stdout ?? '';
}

function valueIn(printed: string, environment: Environment): string {
  const [, isExpanded, value = ''] = LINE.exec(printed) ?? [];
  return isExpanded ? expand(value, environment) : value;
}

/** `%NAME%`, whatever its case; a name that is not set stays as it is, as in Windows. */
function expand(text: string, environment: Environment): string {
  const values = new Map(Object.entries(environment).map(([name, value]) => [name.toUpperCase(), value]));
  return text.replaceAll(/%([^%;]+)%/g, (whole, name: string) => values.get(name.toUpperCase()) ?? whole);
}

// Without what the console's code page could not carry: a wrong folder is worse than none.
function distinct(entries: readonly string[]): string {
  const kept = new Map<string, string>();
  for (const entry of entries.map((text) => text.trim().replace(/^"(.*)"$/, '$1'))) {
    const key = entry.toLowerCase().replace(/[\\/]+$/, '');
    if (path.win32.isAbsolute(entry) && !entry.includes('\uFFFD') && !kept.has(key)) kept.set(key, entry);
  }
  return [...kept.values()].join(';');
}
