/** The fake model (fake-llm.mjs) as a process of its own, and the scripts that it plays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { endWithParent } from './end-with-parent.ts';

const SCRIPT = path.resolve(import.meta.dirname, 'fake-llm.mjs');
const START_MS = 10_000;

/** One answer of the model; see the head of fake-llm.mjs. */
export interface FakeStep {
  readonly text?: string;
  readonly thinking?: string;
  /** Says every `secret-…` word that the model was told in this conversation. */
  readonly recall?: boolean;
  readonly tool?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly delayMs?: number;
  readonly hang?: boolean;
  /** The answer's connection is cut after the text; with `stream` not that of an answer which is asked for whole. */
  readonly cut?: boolean | 'stream';
  readonly status?: number;
  readonly error?: string;
  readonly errorType?: string;
}

export interface FakeLlm {
  readonly url: string;
  /** Makes the real Claude Code talk to this model, without retries and without anything else on the network. */
  readonly claudeEnv: Readonly<Record<string, string>>;
  /** Makes the real Codex do so, from a configuration that is written into this home. Gives its environment. */
  writeCodexHome(home: string): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** `steps` are played for prompts that hold no script of their own. */
export async function startFakeLlm(steps?: readonly FakeStep[]): Promise<FakeLlm> {
  const child = spawn(process.execPath, [SCRIPT, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...(steps && { FAKE_STEPS: JSON.stringify(steps) }) },
  });
  endWithParent(child);
  const gone = once(child, 'exit');
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_MS) });
  const port = /LISTENING (\d+)/.exec(String(line))?.[1];
  if (!port) throw new Error(`The fake model said ${JSON.stringify(String(line))}`);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    claudeEnv: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'fake',
      DISABLE_TELEMETRY: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '0',
    },
    writeCodexHome: (home) => writeCodexHome(home, url),
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** A prompt that makes the fake model play these steps, one per model turn. */
export function scripted(words: string, steps: readonly FakeStep[]): string {
  return `${words}\n[[fake:${JSON.stringify({ steps })}]]`;
}

function writeCodexHome(home: string, url: string): Readonly<Record<string, string>> {
  const folder = path.join(home, '.codex');
  mkdirSync(folder, { recursive: true });
  const config = `
model = "fake-model"
model_provider = "fake"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.fake]
name = "fake"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "FAKE_KEY"
request_max_retries = 0
stream_max_retries = 0
`;
  writeFileSync(path.join(folder, 'config.toml'), config);
  return { CODEX_HOME: folder, FAKE_KEY: 'fake' };
}
