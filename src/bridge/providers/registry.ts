import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../ports.ts';
import { AcpProvider } from './acp/acp-provider.ts';
import { acpAgentsSchema, configuredAgent } from './acp/configured-agent.ts';
import { ClaudeProvider } from './claude/claude-provider.ts';
import { CodexProvider } from './codex/codex-provider.ts';
import { programsSchema } from './command/command-config.ts';
import { CommandProvider } from './command/command-provider.ts';
import { copilotAgent } from './copilot/copilot-agent.ts';
import { geminiAgent } from './gemini/gemini-agent.ts';
import { openClawConfigSchema } from './openclaw/openclaw-config.ts';
import { OpenClawProvider } from './openclaw/openclaw-provider.ts';
import { opencodeAgent } from './opencode/opencode-agent.ts';
import { ownCommandSchema } from './own-command.ts';
import type { Provider } from './provider.ts';
import type { Environment } from './supervisor/environment.ts';
import type { HelperProcesses } from './supervisor/helper-processes.ts';

export interface ProviderDependencies {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
  readonly helpers: HelperProcesses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** All adapters, by their keys in the configuration. The only place outside of their folders that names them. */
const ADAPTERS = {
  claude: adapter(ownCommandSchema, ({ command }, dependencies) => [new ClaudeProvider({ command, ...dependencies })]),
  codex: adapter(ownCommandSchema, ({ command }, dependencies) => [new CodexProvider({ command, ...dependencies })]),
  gemini: adapter(ownCommandSchema, ({ command }, dependencies) => [
    new AcpProvider(geminiAgent(command), dependencies),
  ]),
  copilot: adapter(ownCommandSchema, ({ command }, dependencies) => [
    new AcpProvider(copilotAgent(command), dependencies),
  ]),
  opencode: adapter(ownCommandSchema, ({ command }, dependencies) => [
    new AcpProvider(opencodeAgent(command), dependencies),
  ]),
  openclaw: adapter(openClawConfigSchema, (config, dependencies) => [
    new OpenClawProvider({ ...config, ...dependencies }),
  ]),
  acp: adapter(acpAgentsSchema(isBuiltIn), ({ agents }, dependencies) =>
    Object.entries(agents).map(([id, agent]) => new AcpProvider(configuredAgent(id, agent), dependencies)),
  ),
  command: adapter(programsSchema, ({ programs }, { loginPath }) => [new CommandProvider({ programs, loginPath })]),
};

interface Adapter<S extends z.ZodType> {
  /** What the user may say about it in the configuration. Everything may be left out. */
  readonly config: z.ZodPrefault<S>;
  create(config: z.output<S>, dependencies: ProviderDependencies): readonly Provider[];
}

function adapter<S extends z.ZodType>(schema: S, create: Adapter<S>['create']): Adapter<S> {
  return { config: schema.prefault({} as never), create };
}

function isBuiltIn(id: string): boolean {
  return Object.hasOwn(ADAPTERS, id);
}

type Schemas = { readonly [Id in keyof typeof ADAPTERS]: (typeof ADAPTERS)[Id]['config'] };
const schemas = Object.fromEntries(Object.entries(ADAPTERS).map(([id, { config }]) => [id, config])) as Schemas;

/** The part of the configuration that concerns providers. */
export const providersSchema = z.strictObject(schemas).prefault({});
export type ProvidersConfig = z.input<typeof providersSchema>;

export function createProviders(config: ProvidersConfig, dependencies: ProviderDependencies): readonly Provider[] {
  const parsed: Readonly<Record<string, unknown>> = providersSchema.parse(config);
  return Object.entries(ADAPTERS).flatMap(([id, { create }]) => create(parsed[id] as never, dependencies));
}
