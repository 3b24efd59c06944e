/**
 * Real agent programs for integration tests, fetched from npm on demand into a folder that outlives the run
 * (`CTRLNODE_AGENT_CACHE`, or ~/.cache/ctrlnode-test-agents). A missing one fails under CI and is a skip elsewhere.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const INSTALL_MS = 240_000;
const LOCK_STALE_MS = 300_000;
const LOCK_POLL_MS = 250;

interface Agent {
  readonly package: string;
  readonly version: string;
  /** What is started, relative to node_modules. */
  readonly program: string;
}

// The folder is named for the compiler's target; the tests run on Linux.
const CODEX_TARGET = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-musl`;
const AGENTS = {
  claude: {
    package: '@anthropic-ai/claude-code',
    version: '2.1.330',
    program: `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,
  },
  codex: {
    package: '@openai/codex',
    version: '0.169.0',
    program: `@openai/codex-${process.platform}-${process.arch}/vendor/${CODEX_TARGET}/bin/codex`,
  },
  gemini: {
    package: '@google/gemini-cli',
    version: '0.61.0',
    program: '@google/gemini-cli/bundle/gemini.js',
  },
  copilot: {
    package: '@github/copilot',
    version: '1.0.102',
    program: '@github/copilot/npm-loader.js',
  },
  opencode: {
    package: 'opencode-ai',
    version: '1.18.33',
    program: `opencode-${process.platform}-${process.arch}/bin/opencode`,
  },
  openclaw: {
    package: 'openclaw',
    version: '2026.9.6',
    program: 'openclaw/openclaw.mjs',
  },
} as const satisfies Record<string, Agent>;
export type AgentName = keyof typeof AGENTS;

/** The exact version that the tests run on. */
export function versionOf(name: AgentName): string {
  return AGENTS[name].version;
}

export type CachedAgent = { readonly program: string; readonly packageFolder: string } | { readonly missing: string };

export async function cachedAgent(name: AgentName): Promise<CachedAgent> {
  try {
    return await provide(AGENTS[name]);
  } catch (error) {
    const missing = `${name} could not be fetched: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
    if (process.env.CI === 'true') throw new Error(missing, { cause: error });
    console.warn(`SKIPPED: ${missing}`);
    return { missing };
  }
}

/** The native program of the real Claude Code, or undefined with the reason printed. */
export async function findClaude(): Promise<string | undefined> {
  const agent = await cachedAgent('claude');
  return 'program' in agent ? agent.program : undefined;
}

export function isCached(name: AgentName): boolean {
  return existsSync(placeOf(AGENTS[name]).program);
}

async function provide(agent: Agent): Promise<CachedAgent> {
  const { folder, program } = placeOf(agent);
  const found = { program, packageFolder: path.join(folder, 'node_modules', agent.package) };
  if (existsSync(program)) return found;
  await mkdir(path.dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (!existsSync(program)) await install(agent, folder);
  });
  if (!existsSync(program)) throw new Error(`${agent.package} has no program for this system`);
  return found;
}

function placeOf(agent: Agent): { readonly folder: string; readonly program: string } {
  const cache = process.env.CTRLNODE_AGENT_CACHE ?? path.join(os.homedir(), '.cache', 'ctrlnode-test-agents');
  const folder = path.join(cache, `${agent.package.replaceAll('/', '+')}@${agent.version}`);
  return { folder, program: path.join(folder, 'node_modules', agent.program) };
}

// Without scripts: the platform's package holds the program, and nothing of a package runs here. Node 24 comes first in
// PATH, because npm on an older one silently takes an older version.
async function install(agent: Agent, folder: string): Promise<void> {
  const fresh = `${folder}.new-${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    await writeFile(path.join(fresh, 'package.json'), '{"private":true}\n');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${agent.package}@${agent.version}`];
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}` };
    await promisify(execFile)('npm', args, { cwd: fresh, env, timeout: INSTALL_MS });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** A folder is the lock: making one is atomic. One whose owner died is taken over after a while. */
async function withLock(lock: string, body: () => Promise<void>): Promise<void> {
  const end = Date.now() + INSTALL_MS + LOCK_STALE_MS;
  while (
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ))
  ) {
    const age =
      Date.now() -
      (await stat(lock).then(
        (stats) => stats.mtimeMs,
        () => Date.now(),
      ));
    if (age > LOCK_STALE_MS) await rm(lock, { recursive: true, force: true });
    if (Date.now() > end) throw new Error(`${lock} stays locked`);
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  try {
    await body();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
