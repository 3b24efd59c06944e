import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SignedIn } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

const CREDENTIAL_VARIABLES = ['OPENAI_API_KEY', 'CODEX_API_KEY'];
/** Another model's server, or credentials that are kept in the system's keyring. */
const ELSEWHERE = /^\s*(?:model_provider|cli_auth_credentials_store)\s*=/m;

/**
 * Only a hint: whether the credentials are still good is known by the server alone. Empty where it cannot be told.
 */
export async function signedInHint(environment: Environment): Promise<SignedIn> {
  if (CREDENTIAL_VARIABLES.some((name) => environment[name])) return { isSignedIn: true };
  const folder = environment.CODEX_HOME ?? path.join(environment.HOME ?? '', '.codex');
  try {
    await access(path.join(folder, 'auth.json'));
    return { isSignedIn: true };
  } catch {
    const config = await readFile(path.join(folder, 'config.toml'), 'utf8').catch(() => '');
    if (ELSEWHERE.test(config)) return {};
    return { isSignedIn: false, problem: 'Codex is not signed in. Run "codex login" once in a terminal.' };
  }
}
