import { access } from 'node:fs/promises';
import path from 'node:path';
import type { SignedIn } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

const CREDENTIAL_VARIABLES = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'];

/**
 * Only a hint: whether the credentials are still good is known by the server alone. On macOS they are in the keychain,
 * where we do not look.
 */
export async function signedInHint(environment: Environment): Promise<SignedIn> {
  if (CREDENTIAL_VARIABLES.some((name) => environment[name])) return { isSignedIn: true };
  const folder = environment.CLAUDE_CONFIG_DIR ?? path.join(environment.HOME ?? '', '.claude');
  try {
    await access(path.join(folder, '.credentials.json'));
    return { isSignedIn: true };
  } catch {
    if (process.platform === 'darwin') return {};
    return { isSignedIn: false, problem: 'Claude Code is not signed in. Start it once in a terminal and sign in.' };
  }
}
