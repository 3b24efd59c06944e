import path from 'node:path';
import { CodedError } from '../../base/errors.ts';
import { workspaceNameSchema } from '../../protocol/names.ts';
import type { BridgeConfig } from './schema.ts';

/** The configuration with workspaces of the command line besides its own, `name=path` each. Throws `option_invalid`. */
export function withExtraWorkspaces(config: BridgeConfig, workspaces: readonly string[]): BridgeConfig {
  return { ...config, workspaces: { ...config.workspaces, ...Object.fromEntries(workspaces.map(parseWorkspace)) } };
}

function parseWorkspace(text: string): [string, BridgeConfig['workspaces'][string]] {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  if (at < 1 || !workspaceNameSchema.safeParse(name).success || at === text.length - 1) {
    throw new CodedError('option_invalid', `--workspace must be NAME=PATH, not "${text}".`);
  }
  return [name, { path: path.resolve(text.slice(at + 1)), approvals: 'ask' }];
}
