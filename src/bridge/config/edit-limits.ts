import {
  type LimitChanges,
  type LimitName,
  type LimitProblems,
  type Limits,
  limitNameSchema,
} from '../../protocol/ui/machine-settings.ts';
import { tryEditConfig, withValue } from './edit-config.ts';
import type { BridgeConfig } from './schema.ts';

/** Writes these limits, all or none. Returns what is wrong with them. */
export function changeLimits(bridgeDir: string, changes: LimitChanges): LimitProblems {
  return tryEditConfig(bridgeDir, (text) =>
    Object.entries(changes).reduce((changed, [name, value]) => withValue(changed, name, value), text),
  );
}

/** What holds, by name. */
export function limitsOf(config: BridgeConfig): Limits {
  return Object.fromEntries(limitNameSchema.options.map((name) => [name, limitOf(config, name)])) as Limits;
}

function limitOf(config: BridgeConfig, name: LimitName): number | null {
  const [section, key] = name.split('.') as ['limits' | 'approvals', string];
  return (config[section] as Readonly<Record<string, number | undefined>>)[key] ?? null;
}
