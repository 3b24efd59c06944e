import { execa } from 'execa';
import type { Clock } from '../../../base/clock.ts';
import { type Environment, mergePaths, withoutOurs } from './environment.ts';
import { posixSignals } from './posix-signals.ts';

const DEADLINE_MS = 3_000;
const MARK = '__ctrlnode_path__';
const OUTPUT_MAX_BYTES = 256 * 1024;

export interface LoginPathOptions {
  readonly environment: Environment;
  /** The user's shell, absolute; undefined where there is none (Windows). */
  readonly shell: string | undefined;
  readonly clock: Clock;
}

/**
 * The PATH that the user has in a terminal. A program started from a Dock or by a service manager has a bare one, and
 * agents are mostly installed where only the shell's start-up files say. Asked once; the process's own entries follow.
 */
export function createLoginPath(options: LoginPathOptions): () => Promise<string> {
  let answer: Promise<string> | undefined;
  return () => {
    answer ??= askShell(options).then((path) => mergePaths(path ?? '', options.environment.PATH ?? ''));
    return answer;
  };
}

// `printenv`, because fish joins "$PATH" with spaces. Marks, because start-up files may print greetings. Detached,
// because an interactive shell would take our terminal; and so that a hung one is ended together with its children.
async function askShell({ environment, shell, clock }: LoginPathOptions): Promise<string | undefined> {
  if (!shell) return undefined;
  const script = `printf %s ${MARK}; printenv PATH; printf %s ${MARK}`;
  const subprocess = execa(shell, ['-ilc', script], {
    env: withoutOurs(environment),
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    detached: true,
    reject: false,
    maxBuffer: OUTPUT_MAX_BYTES,
  });
  const { pid } = subprocess;
  // Ends the wait too: a background process of a start-up file may keep stdout open for ever.
  const deadline = new Promise<undefined>((resolve) => {
    const timer = clock.setTimeout(() => {
      if (pid !== undefined) posixSignals.signalGroup(pid, 'SIGKILL');
      resolve(undefined);
    }, DEADLINE_MS);
    subprocess.then(
      () => timer.dispose(),
      () => timer.dispose(),
    );
  });
  const result = await Promise.race([subprocess, deadline]);
  return result?.stdout.split(MARK)[1]?.trim() || undefined;
}
