import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '../../base/errors.ts';
import { type BridgeConfig, configSchema } from './schema.ts';

export const CONFIG_FILE = 'config.json';
const DEFAULT_WORKSPACE = 'default';

/**
 * Reads `<bridgeDir>/config.json`; writes one with the defaults where there is none, so that there is something to edit.
 * Throws `config_invalid` with the file and the field, or `data_dir_unwritable`.
 */
export function loadConfig(bridgeDir: string): BridgeConfig {
  const file = path.join(bridgeDir, CONFIG_FILE);
  if (!existsSync(file)) writeDefault(file);
  return withDefaultWorkspace(parse(file), bridgeDir);
}

function parse(file: string): BridgeConfig {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
  const parsed = configSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.');
  throw invalid(file, `${field ? `${field}: ` : ''}${issue?.message ?? 'invalid'}`);
}

function writeDefault(file: string): void {
  const text = { workspaces: {}, providers: { command: { programs: {} } } };
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new CodedError(
      'data_dir_unwritable',
      `Cannot write to ${path.dirname(file)}: ${messageOf(error)}. Choose another folder with --data.`,
      {
        cause: error,
      },
    );
  }
}

// Somebody who configured nothing can still run a task: in a folder of its own beside the engine's, never in it.
function withDefaultWorkspace(config: BridgeConfig, bridgeDir: string): BridgeConfig {
  if (Object.keys(config.workspaces).length > 0) return config;
  const folder = path.join(path.dirname(bridgeDir), 'workspace');
  return { ...config, workspaces: { [DEFAULT_WORKSPACE]: { path: folder, approvals: 'ask' } } };
}

function invalid(file: string, problem: string, cause?: unknown): CodedError {
  return new CodedError(
    'config_invalid',
    `The configuration ${file} is not valid: ${problem}. Correct it, or delete it to get the defaults.`,
    {
      cause,
    },
  );
}
