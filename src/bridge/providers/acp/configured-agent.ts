import { z } from 'zod';
import { providerIdSchema } from '../../../protocol/names.ts';
import type { AcpAgent } from './acp-agent.ts';

const agentSchema = z.strictObject({
  /** An absolute path, or a name that is looked for in PATH. */
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** As people see it; its id if absent. */
  name: z.string().min(1).max(100).optional(),
});

/** Any other agent that speaks the Agent Client Protocol, by its provider id. */
export function acpAgentsSchema(isBuiltIn: (id: string) => boolean) {
  const message = 'is the id of a provider that is built in; choose another';
  const idSchema = providerIdSchema.refine((id) => !isBuiltIn(id), message);
  return z.strictObject({ agents: z.record(idSchema, agentSchema).default({}) });
}

export function configuredAgent(id: string, agent: z.infer<typeof agentSchema>): AcpAgent {
  const { command, args, env, name = id } = agent;
  const notFound = `The program ${command} of ${name} was not found. Install it, or change its path in the configuration under providers.acp.agents.${id}.command.`;
  return { id, name, command, args, env, notFound, capabilities: ['messages'] };
}
