/** The real agent programs as the conformance suite sees them: how to make each talk to the fake model, and its facts. */
import type { ProvidersConfig } from '../../src/bridge/providers/registry.ts';
import { prepareHome } from './acp-homes.ts';
import { type AgentName, type CachedAgent, cachedAgent, isCached, versionOf } from './agent-cache.ts';
import type { CaseId } from './conformance-cases.ts';
import type { FakeLlm, FakeStep } from './fake-llm.ts';
import { writeOpenClawHome } from './openclaw-home.ts';
import { startUserGateway } from './openclaw-user-gateway.ts';

export interface ConformanceAgent {
  readonly id: AgentName;
  /** As discovery tells it. */
  readonly name: string;
  readonly version: string;
  readonly isSignedIn?: boolean;
  /** `if there`: nor where it would have to be fetched first, unless in CI or by `npm run test:agents`. */
  readonly runs: 'always' | 'unless quick' | 'if there';
  /** Writes what it needs into an empty home. Gives its environment, beside HOME and PATH. */
  prepare(home: string, llm: FakeLlm): Readonly<Record<string, string>>;
  config(program: string): ProvidersConfig;
  /** Starts what all its tasks share, once for all cases. Its home is then theirs, and `prepare` is not asked. */
  share?(program: string, llm: FakeLlm): Promise<Shared>;
  shell(command: string): FakeStep;
  /** Makes a shell command one that is asked for, where not every one is. */
  asking?(command: string): string;
  write(file: string, content: string): FakeStep;
  readonly writeReaches: 'everywhere' | 'the folder that it works in';
  /** The tool that a question about a shell command names. */
  readonly shellTool: string;
  /** How the thought `Let me think first.` arrives. */
  readonly thought: string;
  /** What the model says after a tool was denied, if it is asked again: `Done.` */
  readonly afterDenial: 'goes on' | 'ends its turn';
  /** Whether its host is told what a command printed. */
  readonly showsOutput: boolean;
  /** Whether it can go on in a session that began just now. */
  readonly keepsYoungSessions: boolean;
  /** What it says of an answer that was cut off again and again, if it ever gives up. */
  readonly cut: { readonly message: string } | 'tries again';
  /** Worth knowing about a case that holds. */
  readonly facts: Partial<Record<CaseId, string>>;
  /** Why a case cannot hold for it. */
  readonly absent: Partial<Record<CaseId, string>>;
}

export interface Shared {
  readonly home: string;
  readonly config: ProvidersConfig;
  stop(): Promise<void>;
}

const bash = (command: string): FakeStep => ({ tool: 'bash', input: { command, description: 'Try' } });

const claude: ConformanceAgent = {
  id: 'claude',
  name: 'Claude Code',
  version: versionOf('claude'),
  isSignedIn: true,
  runs: 'always',
  prepare: (_home, llm) => llm.claudeEnv,
  config: (program) => ({ claude: { command: program } }),
  shell: (command) => ({ tool: 'Bash', input: { command, description: 'Try' } }),
  asking: (command) => `curl -s http://127.0.0.1:1/ ; ${command}`,
  write: (file, content) => ({ tool: 'Write', input: { file_path: file, content } }),
  writeReaches: 'everywhere',
  shellTool: 'Bash',
  thought: 'Let me think first.',
  afterDenial: 'goes on',
  showsOutput: true,
  keepsYoungSessions: true,
  cut: { message: 'Connection dropped' },
  facts: {},
  absent: {},
};

const codex: ConformanceAgent = {
  id: 'codex',
  name: 'Codex',
  version: versionOf('codex'),
  runs: 'always',
  prepare: (home, llm) => llm.writeCodexHome(home),
  config: (program) => ({ codex: { command: program } }),
  shell: (cmd) => ({ tool: 'exec_command', input: { cmd } }),
  write: (file, content) => ({ tool: 'exec_command', input: { cmd: patch(file, content) } }),
  writeReaches: 'everywhere',
  shellTool: 'shell',
  thought: 'Let me think first.',
  afterDenial: 'goes on',
  showsOutput: true,
  keepsYoungSessions: true,
  cut: { message: 'stream disconnected' },
  facts: {},
  absent: {},
};

const gemini: ConformanceAgent = {
  id: 'gemini',
  name: 'Gemini CLI',
  version: versionOf('gemini'),
  isSignedIn: true,
  runs: 'unless quick',
  prepare: (home, llm) => prepareHome('gemini', home, llm.url),
  config: (program) => ({ gemini: { command: program } }),
  shell: (command) => ({ tool: 'run_shell_command', input: { command, description: 'Try' } }),
  write: (file, content) => ({ tool: 'write_file', input: { file_path: file, content } }),
  writeReaches: 'everywhere',
  shellTool: 'execute',
  // It puts the thought's subject in front; the fake model gives none.
  thought: '****\nLet me think first.',
  afterDenial: 'goes on',
  showsOutput: false,
  keepsYoungSessions: false,
  cut: { message: 'terminated' },
  facts: {
    toolCall: 'What a command printed is not handed over by Gemini CLI; only that it ran.',
    followUp:
      'In the minute in which a session began Gemini CLI cannot load it: such a quick message goes to a new session, which is told what was said.',
  },
  absent: {},
};

const copilot: ConformanceAgent = {
  id: 'copilot',
  name: 'GitHub Copilot CLI',
  version: versionOf('copilot'),
  isSignedIn: true,
  runs: 'unless quick',
  prepare: (home, llm) => prepareHome('copilot', home, llm.url),
  config: (program) => ({ copilot: { command: program } }),
  shell: bash,
  write: (file, content) => ({ tool: 'create', input: { path: file, file_text: content } }),
  writeReaches: 'everywhere',
  shellTool: 'execute',
  thought: 'Let me think first.',
  afterDenial: 'ends its turn',
  showsOutput: true,
  keepsYoungSessions: true,
  cut: { message: 'Failed to get response' },
  facts: {
    modelCut: 'It asks five times again, about one second apart, before it fails; each part that came is shown.',
  },
  absent: {},
};

const opencode: ConformanceAgent = {
  id: 'opencode',
  name: 'opencode',
  version: versionOf('opencode'),
  runs: 'unless quick',
  prepare: (home, llm) => prepareHome('opencode', home, llm.url),
  config: (program) => ({ opencode: { command: program } }),
  shell: bash,
  write: (file, content) => ({ tool: 'write', input: { filePath: file, content } }),
  writeReaches: 'everywhere',
  shellTool: 'execute',
  thought: 'Let me think first.',
  afterDenial: 'ends its turn',
  showsOutput: true,
  keepsYoungSessions: true,
  cut: 'tries again',
  facts: {
    modelCut:
      'It asks again for as long as it is let, at growing intervals, and says nothing of it: a time limit or a person ends it.',
  },
  absent: {},
};

const openclaw: ConformanceAgent = {
  id: 'openclaw',
  name: 'OpenClaw',
  version: versionOf('openclaw'),
  runs: 'if there',
  prepare(home, llm) {
    // A port where nothing listens: there is no gateway of the user.
    writeOpenClawHome(home, llm.url, { mode: 'local', port: 9 });
    return {};
  },
  config: (program) => ({ openclaw: { command: program } }),
  async share(program, llm) {
    const { home, stop } = await startUserGateway(program, llm.url);
    return { home, stop, config: { openclaw: { command: program } } };
  },
  shell: (command) => ({ tool: 'exec', input: { command } }),
  write: (file, content) => ({ tool: 'write', input: { path: file, content } }),
  writeReaches: 'the folder that it works in',
  shellTool: 'shell',
  thought: 'Let me think first.',
  afterDenial: 'goes on',
  showsOutput: true,
  keepsYoungSessions: true,
  cut: 'tries again',
  facts: {
    thoughts: 'With thoughts in front, OpenClaw holds the text back until it is whole.',
    project: 'Its file tools end at the folder of the project: it writes artifacts with its shell.',
    allowed:
      'A command that it cannot pin down, such as one with a redirection, it refuses by itself, without a question.',
    modelCut: 'It takes back what came and asks again, for more than a minute; the log shows it.',
  },
  absent: {},
};

export const CONFORMANCE_AGENTS: readonly ConformanceAgent[] = [claude, codex, gemini, copilot, opencode, openclaw];

export function conformanceAgent(id: AgentName): ConformanceAgent {
  const agent = CONFORMANCE_AGENTS.find((candidate) => candidate.id === id);
  if (!agent) throw new Error(`The conformance suite does not know ${id}.`);
  return agent;
}

/** The program of an agent that takes part in this run. Why there is none is printed. */
export async function programFor(agent: ConformanceAgent): Promise<CachedAgent> {
  const missing = reasonToLeaveOut(agent);
  if (missing === undefined) return cachedAgent(agent.id);
  console.warn(`SKIPPED: ${missing}`);
  return { missing };
}

/** Why an agent is left out of this run, or undefined. */
export function reasonToLeaveOut({ id, name, runs }: ConformanceAgent): string | undefined {
  const { CI, CTRLNODE_QUICK, CTRLNODE_FETCH_AGENTS } = process.env;
  if (CTRLNODE_QUICK === '1' && runs !== 'always') return `${name} is left out by --quick.`;
  const isFetched = CI === 'true' || CTRLNODE_FETCH_AGENTS === '1' || isCached(id);
  if (runs === 'if there' && !isFetched) return `${name} is left out: \`npm run test:agents ${id}\` fetches it.`;
  return undefined;
}

// Codex takes a call of this shape for an edit of files, not for a command.
function patch(file: string, content: string): string {
  const added = content
    .trimEnd()
    .split('\n')
    .map((line) => `+${line}`);
  return ["apply_patch <<'EOF'", '*** Begin Patch', `*** Add File: ${file}`, ...added, '*** End Patch', 'EOF'].join(
    '\n',
  );
}
