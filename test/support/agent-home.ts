import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Folders of tests with real agents. Outside the temporary folder: agents treat a home in there in another way. */
export const AGENT_HOMES = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes');

export interface AgentHome {
  /** For the test to use, and to remove. */
  readonly root: string;
  /** In it. */
  readonly home: string;
  /** What every agent needs; the rest is its own. */
  readonly environment: { readonly PATH: string; readonly LANG: string; readonly HOME: string };
}

export function makeAgentHome(name: string): AgentHome {
  const root = path.join(AGENT_HOMES, name);
  const home = path.join(root, 'home');
  mkdirSync(home, { recursive: true });
  return { root, home, environment: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: home } };
}
