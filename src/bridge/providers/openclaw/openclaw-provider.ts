import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import type { Logger } from '../../ports.ts';
import type {
  AgentReader,
  AgentRun,
  Provider,
  ProviderAction,
  ProviderSettings,
  ReaderPlace,
  RunContext,
} from '../provider.ts';
import type { Environment } from '../supervisor/environment.ts';
import { findExecutable } from '../supervisor/find-executable.ts';
import type { HelperProcesses } from '../supervisor/helper-processes.ts';
import { openClawActions } from './actions.ts';
import { versionOfOpenClaw } from './find-openclaw.ts';
import { OpenClawReader } from './openclaw-reader.ts';
import { OpenClawRun } from './openclaw-run.ts';
import { RawLog } from './raw-log.ts';
import { parseOpenClawSettings } from './settings.ts';
import { SharedGateway } from './shared-gateway.ts';

export interface OpenClawProviderOptions {
  /** Absolute path or name of the program. */
  readonly command?: string | undefined;
  readonly gateway?: { readonly url: string; readonly tokenFile: string } | undefined;
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
  readonly helpers: HelperProcesses;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NAME = 'OpenClaw';
const CAPABILITIES = ['messages', 'approvals', 'thoughts', 'usage'];
const NOT_FOUND =
  'OpenClaw was not found. Install it (npm install -g openclaw), or name its path in the configuration under providers.openclaw.command.';

/** OpenClaw through one gateway that all its tasks share. Facts are in README.md. */
export class OpenClawProvider implements Provider {
  readonly id = 'openclaw';
  readonly name = NAME;
  readonly hasSessions = true;
  readonly actions: Readonly<Record<string, ProviderAction>>;
  readonly #options: OpenClawProviderOptions;
  readonly #gateway: SharedGateway;
  readonly #runs = new Map<string, OpenClawRun>();

  constructor(options: OpenClawProviderOptions) {
    this.#options = options;
    this.#gateway = new SharedGateway({ ...options, configured: options.gateway, find: () => this.#find() });
    this.actions = openClawActions({
      gateway: this.#gateway,
      runOf: (taskId) => {
        const run = this.#runs.get(taskId);
        return run?.isOver ? undefined : run;
      },
    });
  }

  async discover(signal: AbortSignal): Promise<ProviderStatus> {
    const status = { id: this.id, name: NAME };
    try {
      const gateway = await this.#gateway.probe(signal);
      if (!gateway.ok) return { ...status, isInstalled: true, problem: gateway.error.message };
      const capabilities = CAPABILITIES;
      if (gateway.value !== undefined) return { ...status, isInstalled: true, version: gateway.value, capabilities };
      const file = await this.#find();
      if (!file.ok) return { ...status, isInstalled: false, problem: file.error.message };
      const { environment, loginPath } = this.#options;
      const searchPath = await loginPath();
      const version = await versionOfOpenClaw(file.value, { environment, searchPath, signal });
      const rest = version.ok ? { version: version.value, capabilities } : { problem: version.error };
      return { ...status, isInstalled: true, foundAt: file.value, ...rest };
    } catch (error) {
      return { ...status, isInstalled: false, problem: messageOf(error) };
    }
  }

  validateSettings(settings: ProviderSettings): Result<void, Reason> {
    const parsed = parseOpenClawSettings(settings);
    return parsed.ok ? ok(undefined) : parsed;
  }

  async start(context: RunContext): Promise<Result<AgentRun, Reason>> {
    const settings = parseOpenClawSettings(context.launch.settings);
    if (!settings.ok) return settings;
    const { taskId, cwd, paths, prompt, sessionId: sessionKey, logOffset, logger } = context;
    const { helpers, clock } = this.#options;
    const run = new OpenClawRun({
      request: { taskId, cwd, folder: paths.folder, prompt, sessionKey, settings: settings.value },
      logOffset,
      log: new RawLog(await context.openLog()),
      gateway: this.#gateway,
      helpers,
      clock,
      logger,
    });
    this.#runs.set(taskId, run);
    void run.process.exited.then(() => {
      if (this.#runs.get(taskId) === run) this.#runs.delete(taskId);
    });
    return ok(run);
  }

  createReader({ startOffset }: ReaderPlace): AgentReader {
    return new OpenClawReader(startOffset);
  }

  dispose(): Promise<void> {
    return this.#gateway.dispose();
  }

  async #find(): Promise<Result<string, Reason>> {
    const file = await findExecutable(this.#options.command ?? 'openclaw', await this.#options.loginPath());
    return file ? ok(file) : err({ code: 'provider_not_installed', message: NOT_FOUND });
  }
}
