import { ClaudeProvider } from './claude/claude-provider.ts';
import { CodexProvider } from './codex/codex-provider.ts';
import type { ProgramConfig } from './command/command-config.ts';
import { CommandProvider } from './command/command-provider.ts';
import type { Provider } from './provider.ts';
import type { Environment } from './supervisor/environment.ts';

/** The part of the configuration that concerns providers. */
export interface ProvidersConfig {
  readonly claude?: { readonly command?: string | undefined };
  readonly codex?: { readonly command?: string | undefined };
  readonly command?: { readonly programs: Readonly<Record<string, ProgramConfig>> };
}

export interface ProviderDependencies {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
}

/** All adapters. The only place outside of their folders that names them. */
export function createProviders(config: ProvidersConfig, dependencies: ProviderDependencies): readonly Provider[] {
  return [
    new ClaudeProvider({ command: config.claude?.command, ...dependencies }),
    new CodexProvider({ command: config.codex?.command, ...dependencies }),
    new CommandProvider({ programs: config.command?.programs ?? {}, loginPath: dependencies.loginPath }),
  ];
}
