import path from 'node:path';
import type { AcpAgent } from '../acp/acp-agent.ts';
import { nativeProgramOf } from '../acp/native-program.ts';
import { anyFileExists } from '../acp/signed-in.ts';
import type { SignedIn } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

/** GitHub Copilot CLI. Facts are in README.md. */
export function copilotAgent(command = 'copilot'): AcpAgent {
  return {
    id: 'copilot',
    name: 'GitHub Copilot CLI',
    command,
    args: ['--acp'],
    // An update in the middle of a task would be another program.
    env: { COPILOT_AUTO_UPDATE: 'false' },
    notFound:
      'GitHub Copilot CLI was not found. Install it (npm install -g @github/copilot), or name its path in the configuration under providers.copilot.command.',
    nativeProgram: (file) => nativeProgramOf(file, PLACES),
    modelArguments: (model) => ['--model', model],
    capabilities: ['messages', 'approvals', 'thoughts', 'diffs', 'usage'],
    signedIn,
    quirks: { noticeIn, hiddenError },
  };
}

const NATIVE = `copilot-${process.platform}-${process.arch}`;
const PLACES = [`@github/${NATIVE}/copilot`];
const CREDENTIAL_VARIABLES = [
  'COPILOT_GITHUB_TOKEN',
  'GH_TOKEN',
  'GITHUB_TOKEN',
  'COPILOT_PROVIDER_API_KEY',
  'COPILOT_PROVIDER_BASE_URL',
];

// A sign-in may also be in the system's keychain, where we do not look: its absence says nothing.
async function signedIn(environment: Environment): Promise<SignedIn> {
  if (CREDENTIAL_VARIABLES.some((name) => environment[name])) return { isSignedIn: true };
  const folder = environment.COPILOT_HOME ?? path.join(environment.HOME ?? '', '.copilot');
  return (await anyFileExists([path.join(folder, 'config.json')])) ? { isSignedIn: true } : {};
}

const INFO = 'Info: ';
const ERROR = 'Error: ';

// One whole chunk each. What the model writes comes word by word, so its words are not taken for the program's.
function noticeIn(text: string): { level: 'info'; text: string } | undefined {
  return text.startsWith(INFO) && text.length > INFO.length
    ? { level: 'info', text: text.slice(INFO.length) }
    : undefined;
}

// A turn that the model ended has a usage; one that an error ended has none, though it says `end_turn`.
function hiddenError(lastChunk: string, hasUsage: boolean): string | undefined {
  return !hasUsage && lastChunk.startsWith(ERROR) ? lastChunk.slice(ERROR.length) : undefined;
}
