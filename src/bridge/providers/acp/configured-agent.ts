import type { AcpAgent } from './acp-agent.ts';

/** An agent that the user configured under `providers.acp.agents`. */
export interface ConfiguredAcpAgent {
  /** An absolute path, or a name that is looked for in PATH. */
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As people see it; its id if absent. */
  readonly name?: string | undefined;
}

export function configuredAgent(id: string, { command, args = [], env = {}, name = id }: ConfiguredAcpAgent): AcpAgent {
  const notFound = `The program ${command} of ${name} was not found. Install it, or change its path in the configuration under providers.acp.agents.${id}.command.`;
  return { id, name, command, args, env, notFound, capabilities: ['messages'] };
}
