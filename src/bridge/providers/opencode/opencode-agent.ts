import path from 'node:path';
import type { AcpAgent } from '../acp/acp-agent.ts';
import { nativeProgramOf } from '../acp/native-program.ts';
import { anyFileExists } from '../acp/signed-in.ts';
import type { Ask, SignedIn } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

/** opencode. Facts are in README.md. */
export function opencodeAgent(command = 'opencode'): AcpAgent {
  return {
    id: 'opencode',
    name: 'opencode',
    command,
    args: ['acp'],
    // Without this its tools run unasked; a person is asked (design section 2, promise 3).
    env: { OPENCODE_PERMISSION: JSON.stringify(ASK), OPENCODE_DISABLE_AUTOUPDATE: '1' },
    notFound:
      'opencode was not found. Install it (npm install -g opencode-ai), or name its path in the configuration under providers.opencode.command.',
    nativeProgram: (file) => nativeProgramOf(file, PLACES),
    moreFolder: (folder) => ({ env: { OPENCODE_PERMISSION: JSON.stringify(askBut(folder)) } }),
    capabilities: ['messages', 'approvals', 'thoughts', 'diffs', 'usage'],
    signedIn,
    models,
  };
}

const ASK = { bash: 'ask', edit: 'ask', webfetch: 'ask' };
// Edits there are asked for as anywhere; only that it lies outside of the working folder is no question of its own.
const askBut = (folder: string): object => ({ ...ASK, external_directory: { '*': 'ask', [`${folder}/**`]: 'allow' } });
const PLACES = [`opencode-${process.platform}-${process.arch}/bin/opencode`];

// Its models may also be local or named in a configuration, which need no sign-in: absence says nothing.
async function signedIn(environment: Environment): Promise<SignedIn> {
  const data = environment.XDG_DATA_HOME ?? path.join(environment.HOME ?? '', '.local/share');
  return (await anyFileExists([path.join(data, 'opencode', 'auth.json')])) ? { isSignedIn: true } : {};
}

// Its own list of what is configured and signed in. Otherwise it would fetch a catalogue first.
async function models(ask: Ask): Promise<readonly string[] | undefined> {
  const answer = await ask(['models'], { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' });
  return answer?.split('\n').filter((line) => /^[\w.-]+\/\S+$/.test(line));
}
