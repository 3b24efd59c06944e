import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../ports.ts';
import { AcpProvider } from './acp/acp-provider.ts';
import { type ConfiguredAcpAgent, configuredAgent } from './acp/configured-agent.ts';
import { ClaudeProvider } from './claude/claude-provider.ts';
import { CodexProvider } from './codex/codex-provider.ts';
import type { ProgramConfig } from './command/command-config.ts';
import { CommandProvider } from './command/command-provider.ts';
import { copilotAgent } from './copilot/copilot-agent.ts';
import { geminiAgent } from './gemini/gemini-agent.ts';
import { OpenClawProvider } from './openclaw/openclaw-provider.ts';
import { opencodeAgent } from './opencode/opencode-agent.ts';
import type { Provider } from './provider.ts';
import type { Environment } from './supervisor/environment.ts';
import type { HelperProcesses } from './supervisor/helper-processes.ts';

interface OwnCommand {
  readonly command?: string | undefined;
}

/** The part of the configuration that concerns providers. */
export interface ProvidersConfig {
  readonly claude?: OwnCommand;
  readonly codex?: OwnCommand;
  readonly gemini?: OwnCommand;
  readonly copilot?: OwnCommand;
  readonly opencode?: OwnCommand;
  readonly openclaw?: OwnCommand & { readonly gateway?: { url: string; tokenFile: string } | undefined };
  readonly acp?: { readonly agents: Readonly<Record<string, ConfiguredAcpAgent>> };
  readonly command?: { readonly programs: Readonly<Record<string, ProgramConfig>> };
}

export interface ProviderDependencies {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
  readonly helpers: HelperProcesses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** All adapters. The only place outside of their folders that names them. */
export function createProviders(config: ProvidersConfig, dependencies: ProviderDependencies): readonly Provider[] {
  return [
    new ClaudeProvider({ command: config.claude?.command, ...dependencies }),
    new CodexProvider({ command: config.codex?.command, ...dependencies }),
    new AcpProvider(geminiAgent(config.gemini?.command), dependencies),
    new AcpProvider(copilotAgent(config.copilot?.command), dependencies),
    new AcpProvider(opencodeAgent(config.opencode?.command), dependencies),
    new OpenClawProvider({ ...config.openclaw, ...dependencies }),
    ...Object.entries(config.acp?.agents ?? {}).map(
      ([id, agent]) => new AcpProvider(configuredAgent(id, agent), dependencies),
    ),
    new CommandProvider({ programs: config.command?.programs ?? {}, loginPath: dependencies.loginPath }),
  ];
}
