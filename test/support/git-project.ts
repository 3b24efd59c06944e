/** A real git repository, for tests of projects and worktrees. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface GitProject {
  readonly folder: string;
  git(...args: string[]): string;
}

export function makeGitProject(folder: string, { commits = 1 } = {}): GitProject {
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]): string => gitIn(realpathSync(folder), ...args);
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.email', 'somebody@example.org');
  git('config', 'user.name', 'Somebody');
  writeFileSync(path.join(folder, 'README.md'), 'A project.\n');
  for (let count = 0; count < commits; count++) {
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '--message', `Commit ${count + 1}`);
  }
  return { folder: realpathSync(folder), git };
}

export function gitIn(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
