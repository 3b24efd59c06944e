import { randomUUID } from 'node:crypto';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import { discoverProgram } from '../discover-program.ts';
import type { OwnProgramOptions } from '../own-command.ts';
import type { AgentReader, AgentRun, Provider, ProviderSettings, ReaderPlace, RunContext } from '../provider.ts';
import { ClaudeReader } from './claude-reader.ts';
import { ClaudeRun } from './claude-run.ts';
import { findClaude } from './find-claude.ts';
import { parseClaudeSettings } from './settings.ts';
import { signedInHint } from './signed-in.ts';

const NAME = 'Claude Code';
const NOT_FOUND =
  'Claude Code was not found. Install it (npm install -g @anthropic-ai/claude-code), or name its path in the configuration under providers.claude.command.';

/** Claude Code through its native stream-json host mode. Facts are in README.md. */
export class ClaudeProvider implements Provider {
  readonly id = 'claude';
  readonly name = NAME;
  readonly hasSessions = true;
  readonly #options: OwnProgramOptions;
  #version: string | null = null;

  constructor(options: OwnProgramOptions) {
    this.#options = options;
  }

  async discover(signal: AbortSignal): Promise<ProviderStatus> {
    const status = await discoverProgram(
      {
        ...this.#options,
        id: this.id,
        name: NAME,
        find: () => this.#find(),
        notFound: NOT_FOUND,
        capabilities: ['messages', 'approvals', 'thoughts', 'diffs', 'usage', 'cost'],
        signedIn: signedInHint,
      },
      signal,
    );
    this.#version = status.version ?? null;
    return status;
  }

  validateSettings(settings: ProviderSettings): Result<void, Reason> {
    const parsed = parseClaudeSettings(settings);
    return parsed.ok ? ok(undefined) : parsed;
  }

  async start(context: RunContext): Promise<Result<AgentRun, Reason>> {
    const settings = parseClaudeSettings(context.launch.settings);
    if (!settings.ok) return settings;
    const file = await this.#find();
    if (!file) return err({ code: 'provider_not_installed', message: NOT_FOUND });
    const sessionId = context.sessionId ?? randomUUID();
    const { model, permissionMode } = settings.value;
    const session = context.sessionId ? '--resume' : '--session-id';
    const args = [...HOST_MODE, session, sessionId, '--permission-mode', permissionMode];
    if (model) args.push('--model', model);
    if (context.cwd !== context.paths.folder) args.push('--add-dir', context.paths.folder);
    const started = await context.spawn({ file, args, env: {}, stdin: 'pipe' });
    if (!started.ok) return started;
    const { prompt, logOffset: startOffset, clock, giveUp } = context;
    const run = { process: started.value, name: NAME, version: this.#version, sessionId, prompt, startOffset };
    return ok(new ClaudeRun({ ...run, clock, giveUp }));
  }

  createReader({ startOffset }: ReaderPlace): AgentReader {
    return new ClaudeReader({ startOffset });
  }

  async #find(): Promise<string | undefined> {
    return findClaude(this.#options.command ?? 'claude', await this.#options.loginPath());
  }
}

const HOST_MODE = [
  '-p',
  '--input-format',
  'stream-json',
  '--output-format',
  'stream-json',
  '--verbose',
  '--permission-prompt-tool',
  'stdio',
  '--include-partial-messages',
];
