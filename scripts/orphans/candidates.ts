/** What is tried: every provider that runs a program, each made to run one shell command. */
import type { ProvidersConfig } from '../../src/bridge/providers/registry.ts';
import { cachedAgent } from '../../test/support/agent-cache.ts';
import { CONFORMANCE_AGENTS, type ConformanceAgent } from '../../test/support/conformance-agents.ts';
import { type FakeLlm, scripted } from '../../test/support/fake-llm.ts';

export interface Candidate {
  readonly id: string;
  readonly settings: Readonly<Record<string, string>>;
  /** `script` is the file that a shell is to run. */
  config(script: string): ProvidersConfig;
  /** What a person says, so that it is run. */
  instructions(script: string): string;
  /** Writes what the agent needs into the home. Gives its environment. */
  prepare(home: string): Readonly<Record<string, string>>;
}

export async function candidates(llm: FakeLlm, names: readonly string[]): Promise<readonly Candidate[]> {
  const isAsked = ({ id }: { readonly id: string }): boolean => names.length === 0 || names.includes(id);
  const agents = await Promise.all(CONFORMANCE_AGENTS.filter(isAsked).map((agent) => candidateOf(agent, llm)));
  return [...agents, command].filter(isAsked);
}

async function candidateOf(agent: ConformanceAgent, llm: FakeLlm): Promise<Candidate> {
  const cached = await cachedAgent(agent.id);
  if ('missing' in cached) throw new Error(cached.missing);
  return {
    id: agent.id,
    settings: {},
    config: () => agent.config(cached.program),
    instructions: (script) => scripted('Run it.', [agent.shell(script), { text: 'Done.' }]),
    prepare: (home) => agent.prepare(home, llm),
  };
}

const command: Candidate = {
  id: 'command',
  settings: { program: 'shell' },
  config(script) {
    return { command: { programs: { shell: { command: script, args: [], env: {}, stdin: 'none' } } } };
  },
  instructions: () => 'Run it.',
  prepare: () => ({}),
};
