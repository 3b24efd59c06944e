import path from 'node:path';
import type { AcpAgent } from '../acp/acp-agent.ts';
import { anyFileExists } from '../acp/signed-in.ts';
import type { SignedIn } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

/** Gemini CLI. Facts are in README.md. */
export function geminiAgent(command = 'gemini'): AcpAgent {
  return {
    id: 'gemini',
    name: 'Gemini CLI',
    command,
    // The folder was made for the task or is one that the user allowed, and nobody is at a terminal to ask.
    args: ['--acp', '--skip-trust'],
    // Otherwise it starts itself again as a child, and a signal to the parent does nothing.
    env: { GEMINI_CLI_NO_RELAUNCH: 'true' },
    notFound:
      'Gemini CLI was not found. Install it (npm install -g @google/gemini-cli), or name its path in the configuration under providers.gemini.command.',
    modelArguments: (model) => ['-m', model],
    moreFolder: (folder) => ({ args: ['--include-directories', folder] }),
    capabilities: ['messages', 'approvals', 'thoughts', 'diffs'],
    signedIn,
  };
}

const CREDENTIAL_VARIABLES = ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'];

async function signedIn(environment: Environment): Promise<SignedIn> {
  if (CREDENTIAL_VARIABLES.some((name) => environment[name])) return { isSignedIn: true };
  const folder = path.join(environment.HOME ?? '', '.gemini');
  const isSignedIn = await anyFileExists([path.join(folder, 'oauth_creds.json'), path.join(folder, '.env')]);
  if (isSignedIn) return { isSignedIn };
  return { isSignedIn, problem: 'Gemini CLI is not signed in. Start it once in a terminal and sign in.' };
}
