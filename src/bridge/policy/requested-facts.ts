/** What the policy can know about a request: the command that it would run and the files that it names. */
import path from 'node:path';
import { commandOf } from '../../protocol/records/requested-action.ts';

export interface RequestedFacts {
  readonly command: string | undefined;
  /** As the agent wrote them, in no order. */
  readonly files: readonly string[];
  /** The input is not understood well enough to allow anything by it. */
  readonly isUnclear: boolean;
}

const DEPTH_MAX = 8;
const COMMAND_KEYS = ['command', 'cmd', 'argv'];
/** Rather one key too many: each value under such a key must match before a rule may allow. */
const FILE_KEY = /path|file|folder|dir|dest|source|target|location/i;
const SHELL = /^(?:ba|z|da|k|fi)?sh$/;

export function factsOf(input: unknown): RequestedFacts {
  const files = new Set<string>();
  const isDeep = collect(input, false, 0, files);
  const record = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {};
  const commands = COMMAND_KEYS.filter((key) => record[key] !== undefined);
  const command = scriptOf(record) ?? commandOf(input);
  const isUnclear = isDeep || commands.length > 1 || (commands.length === 1 && command === undefined);
  return { command, files: [...files], isUnclear };
}

/** Agents that give an argument list often wrap one script: `["bash", "-lc", "npm test"]` runs `npm test`. */
function scriptOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const list = record.command ?? record.cmd ?? record.argv;
  if (!Array.isArray(list) || list.length !== 3) return undefined;
  const [shell, flag, script] = list as unknown[];
  if (typeof shell !== 'string' || typeof script !== 'string' || (flag !== '-c' && flag !== '-lc')) return undefined;
  return SHELL.test(path.posix.basename(shell)) ? script : undefined;
}

/** Returns whether there was more than it looked at. */
function collect(value: unknown, isFile: boolean, depth: number, files: Set<string>): boolean {
  if (depth > DEPTH_MAX) return true;
  if (typeof value === 'string') {
    if (isFile) files.add(value);
    return false;
  }
  if (Array.isArray(value)) return value.map((item) => collect(item, isFile, depth + 1, files)).some(Boolean);
  if (typeof value !== 'object' || value === null) return false;
  const deep = Object.entries(value).map(([key, inner]) => {
    // Changes are often keyed by the file that they change.
    if (key === 'changes' && !Array.isArray(inner) && typeof inner === 'object')
      for (const name of Object.keys(inner ?? {})) files.add(name);
    return collect(inner, FILE_KEY.test(key), depth + 1, files);
  });
  return deep.some(Boolean);
}
