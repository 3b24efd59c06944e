import { messageOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import type { AgentReader, AgentRun, Provider, ProviderSettings, ReaderPlace, RunContext } from '../provider.ts';
import { findExecutable } from '../supervisor/find-executable.ts';
import type { SupervisedProcess } from '../supervisor/process.ts';
import { fillArguments, type ProgramConfig } from './command-config.ts';
import { CommandReader } from './command-reader.ts';

export interface CommandProviderOptions {
  readonly programs: Readonly<Record<string, ProgramConfig>>;
  readonly loginPath: () => Promise<string>;
}

const HOW_TO_CONFIGURE =
  'No program is configured. Add one to the configuration: "providers": { "command": { "programs": { "hello": { "command": "echo", "args": ["{instructions}"] } } } }';

/** Any program that the user of this machine configured. A launch names one; it can change nothing about it. */
export class CommandProvider implements Provider {
  readonly id = 'command';
  readonly name = 'Command';
  readonly hasSessions = false;
  readonly #options: CommandProviderOptions;

  constructor(options: CommandProviderOptions) {
    this.#options = options;
  }

  async discover(): Promise<ProviderStatus> {
    const programs = Object.keys(this.#options.programs).sort();
    const status = { id: this.id, name: this.name, isInstalled: programs.length > 0, programs };
    if (programs.length === 0) return { ...status, problem: HOW_TO_CONFIGURE };
    try {
      const missing = await this.#missingPrograms(programs);
      return missing.length === 0 ? status : { ...status, problem: wordsOfMissing(missing) };
    } catch (error) {
      return { ...status, problem: messageOf(error) };
    }
  }

  validateSettings(settings: ProviderSettings): Result<void, Reason> {
    const unknown = Object.keys(settings).find((key) => key !== 'program');
    if (unknown) return err({ code: 'command_malformed', message: `A command has no setting "${unknown}".` });
    const program = this.#programOf(settings);
    return program.ok ? ok(undefined) : program;
  }

  async start(context: RunContext): Promise<Result<AgentRun, Reason>> {
    const program = this.#programOf(context.launch.settings);
    if (!program.ok) return program;
    const { name, config } = program.value;
    const file = await findExecutable(config.command, await this.#options.loginPath());
    if (!file) return err({ code: 'provider_not_installed', message: `The program ${config.command} was not found.` });
    const { paths, launch } = context;
    const started = await context.spawn({
      file,
      args: fillArguments(config.args ?? [], {
        instructions: launch.instructions,
        taskFile: paths.taskFile,
        taskDir: paths.folder,
        artifactsDir: paths.artifacts,
      }),
      env: {
        ...config.env,
        CTRLNODE_TASK_FILE: paths.taskFile,
        CTRLNODE_TASK_DIR: paths.folder,
        CTRLNODE_ARTIFACTS_DIR: paths.artifacts,
      },
      stdin: config.stdin === 'instructions' ? 'pipe' : 'ignore',
    });
    if (!started.ok) return started;
    if (config.stdin === 'instructions') started.value.write(launch.instructions);
    started.value.closeInput();
    return ok(new CommandRun(started.value, { program: name, startOffset: context.logOffset }));
  }

  createReader({ startOffset, accountedFor }: ReaderPlace): AgentReader {
    return new CommandReader({ startOffset: Math.max(startOffset, accountedFor), program: this.name });
  }

  #programOf(settings: ProviderSettings): Result<{ name: string; config: ProgramConfig }, Reason> {
    const { programs } = this.#options;
    const name = settings.program;
    if (typeof name === 'string' && Object.hasOwn(programs, name)) {
      const config = programs[name];
      if (config) return ok({ name, config });
    }
    const known = Object.keys(programs).sort().join(', ') || 'none';
    return err({
      code: 'program_unknown',
      message: `This machine has no program ${JSON.stringify(name ?? '')}. Configured: ${known}.`,
    });
  }

  async #missingPrograms(names: readonly string[]): Promise<string[]> {
    const searchPath = await this.#options.loginPath();
    const found = await Promise.all(
      names.map((name) => findExecutable(this.#options.programs[name]?.command ?? '', searchPath)),
    );
    return names.filter((_, index) => found[index] === undefined);
  }
}

function wordsOfMissing(programs: readonly string[]): string {
  return `Not found: ${programs.join(', ')}. Install what is missing, or change its path in the configuration under providers.command.programs.`;
}

class CommandRun extends CommandReader implements AgentRun {
  readonly process: SupervisedProcess;
  readonly version = null;
  readonly sessionId = null;
  readonly terminateSignal = 'SIGTERM';

  constructor(process: SupervisedProcess, options: { readonly program: string; readonly startOffset: number }) {
    super(options);
    this.process = process;
  }

  answer(): void {}

  interrupt(): boolean {
    return false;
  }
}
