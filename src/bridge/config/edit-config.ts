import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CodedError } from '../../base/errors.ts';
import { writeFileAtomically } from '../store/atomic-file.ts';
import { CONFIG_FILE, loadConfig } from './load.ts';
import { configSchema } from './schema.ts';

/** The file as it stands, without the defaults. */
type ConfigText = Readonly<Record<string, unknown>>;
/** By the place in the file, such as `limits.tasksAtOnce`. None if there are none. */
export type ConfigProblems = Readonly<Record<string, string>>;

/**
 * Changes the file; what `change` leaves alone stays as it is. The result is checked as the engine will check it: with
 * any problem nothing is written. A crash leaves the old file or the new one.
 */
export function tryEditConfig(bridgeDir: string, change: (text: ConfigText) => ConfigText): ConfigProblems {
  // Says what is wrong with a file that cannot be changed, and makes one where there is none.
  loadConfig(bridgeDir);
  const file = path.join(bridgeDir, CONFIG_FILE);
  const changed = change(JSON.parse(readFileSync(file, 'utf8')));
  const parsed = configSchema.safeParse(changed);
  if (!parsed.success)
    return Object.fromEntries(parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message]));
  writeFileAtomically(file, `${JSON.stringify(changed, null, 2)}\n`, 0o600);
  return {};
}

/** The same for a change that can only be right. Throws `config_invalid` if it is not. */
export function editConfig(bridgeDir: string, change: (text: ConfigText) => ConfigText): void {
  const [problem] = Object.entries(tryEditConfig(bridgeDir, change));
  if (problem) throw new CodedError('config_invalid', `The configuration cannot be changed so: ${problem.join(': ')}.`);
}

/** Sets `<section>.<key>`; null takes it away. */
export function withValue(text: ConfigText, place: string, value: string | number | null): ConfigText {
  const [section = '', key = ''] = place.split('.');
  const { [key]: _before, ...rest } = (text[section] ?? {}) as Record<string, unknown>;
  return { ...text, [section]: value === null ? rest : { ...rest, [key]: value } };
}
