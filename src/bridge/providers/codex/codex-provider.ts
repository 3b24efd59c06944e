import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import { discoverProgram } from '../discover-program.ts';
import type { OwnProgramOptions } from '../own-command.ts';
import type { AgentReader, AgentRun, Provider, ProviderSettings, ReaderPlace, RunContext } from '../provider.ts';
import { CodexReader } from './codex-reader.ts';
import { CodexRun } from './codex-run.ts';
import { findCodex } from './find-codex.ts';
import { modelsOfCodex } from './models.ts';
import { parseCodexSettings } from './settings.ts';
import { signedInHint } from './signed-in.ts';

const NAME = 'Codex';
const NOT_FOUND =
  'Codex was not found. Install it (npm install -g @openai/codex), or name its path in the configuration under providers.codex.command.';
// Plugins would be fetched from the network in the background at every start.
const ARGUMENTS = ['app-server', '--disable', 'plugins'];

/** The Codex CLI through its `app-server`. Facts are in README.md. */
export class CodexProvider implements Provider {
  readonly id = 'codex';
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
        capabilities: ['messages', 'approvals', 'thoughts', 'diffs', 'plans', 'usage'],
        signedIn: signedInHint,
        models: (ask) => modelsOfCodex(this.#options.environment, ask),
      },
      signal,
    );
    this.#version = status.version ?? null;
    return status;
  }

  validateSettings(settings: ProviderSettings): Result<void, Reason> {
    const parsed = parseCodexSettings(settings);
    return parsed.ok ? ok(undefined) : parsed;
  }

  async start(context: RunContext): Promise<Result<AgentRun, Reason>> {
    const settings = parseCodexSettings(context.launch.settings);
    if (!settings.ok) return settings;
    const file = await this.#find();
    if (!file) return err({ code: 'provider_not_installed', message: NOT_FOUND });
    const started = await context.spawn({ file, args: ARGUMENTS, env: {}, stdin: 'pipe' });
    if (!started.ok) return started;
    const run = new CodexRun({
      process: started.value,
      name: NAME,
      clock: context.clock,
      giveUp: context.giveUp,
      version: this.#version,
      place: { taskId: context.taskId, cwd: context.cwd, folder: context.paths.folder },
      settings: settings.value,
      prompt: context.prompt,
      startOffset: context.logOffset,
      threadId: context.sessionId,
    });
    return ok(run);
  }

  createReader({ startOffset }: ReaderPlace): AgentReader {
    return new CodexReader(startOffset);
  }

  async #find(): Promise<string | undefined> {
    return findCodex(this.#options.command ?? 'codex', await this.#options.loginPath());
  }
}
