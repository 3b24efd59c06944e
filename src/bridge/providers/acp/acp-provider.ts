import { z } from 'zod';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import { type Ask, discoverProgram, wordsOfMissing } from '../discover-program.ts';
import type { AgentReader, AgentRun, Provider, ProviderSettings, ReaderPlace, RunContext } from '../provider.ts';
import type { Environment } from '../supervisor/environment.ts';
import { findExecutable } from '../supervisor/find-executable.ts';
import { missingInterpreter } from '../supervisor/interpreter.ts';
import type { AcpAgent } from './acp-agent.ts';
import { AcpReader } from './acp-reader.ts';
import { AcpRun } from './acp-run.ts';

export interface AcpProviderDependencies {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
}

// Not an option: it must not begin with a hyphen.
const settingsSchema = z.strictObject({
  model: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]{0,127}$/, 'is not the name of a model')
    .optional(),
});

/** Any agent that speaks the Agent Client Protocol on stdin and stdout. Facts are in README.md. */
export class AcpProvider implements Provider {
  readonly id: string;
  readonly name: string;
  /** One that has none, or has lost it, is told in a new session what was said. */
  readonly hasSessions = true;
  readonly #agent: AcpAgent;
  readonly #dependencies: AcpProviderDependencies;
  #version: string | null = null;
  #models: readonly string[] = [];

  constructor(agent: AcpAgent, dependencies: AcpProviderDependencies) {
    this.id = agent.id;
    this.name = agent.name;
    this.#agent = agent;
    this.#dependencies = dependencies;
  }

  async discover(signal: AbortSignal): Promise<ProviderStatus> {
    const find = () => this.#find();
    const models = (ask: Ask) => this.#modelsOf(ask);
    const status = await discoverProgram({ ...this.#agent, ...this.#dependencies, find, models }, signal);
    this.#version = status.version ?? null;
    return status;
  }

  validateSettings(settings: ProviderSettings): Result<void, Reason> {
    const parsed = this.#modelOf(settings);
    return parsed.ok ? ok(undefined) : parsed;
  }

  async start(context: RunContext): Promise<Result<AgentRun, Reason>> {
    const { args, env, notFound, modelArguments, moreFolder, quirks, name } = this.#agent;
    const model = this.#modelOf(context.launch.settings);
    if (!model.ok) return model;
    const file = await this.#find();
    if (!file) return err({ code: 'provider_not_installed', message: notFound });
    const interpreter = await missingInterpreter(file, await this.#dependencies.loginPath());
    if (interpreter) return err({ code: 'provider_not_installed', message: wordsOfMissing(name, interpreter) });
    const forModel = model.value ? (modelArguments?.(model.value) ?? []) : [];
    const isElsewhere = context.cwd !== context.paths.folder;
    const more = (isElsewhere && moreFolder?.(context.paths.folder)) || {};
    const started = await context.spawn({
      file,
      args: [...args, ...forModel, ...(more.args ?? [])],
      env: { ...env, ...more.env },
      stdin: 'pipe',
    });
    if (!started.ok) return started;
    const process = started.value;
    const { prompt, cwd, sessionId, logOffset: startOffset, clock, giveUp } = context;
    const turn = { cwd, prompt, sessionId, startOffset, clock, giveUp };
    return ok(new AcpRun({ process, name, version: this.#version, quirks, ...turn }));
  }

  createReader({ startOffset }: ReaderPlace): AgentReader {
    const { name, quirks } = this.#agent;
    return new AcpReader({ name, quirks, startOffset });
  }

  // The last answer stands while a busy machine keeps the program from giving another.
  async #modelsOf(ask: Ask): Promise<readonly string[]> {
    this.#models = (await this.#agent.models?.(ask)) ?? this.#models;
    return this.#models;
  }

  async #find(): Promise<string | undefined> {
    const { command, nativeProgram } = this.#agent;
    const found = await findExecutable(command, await this.#dependencies.loginPath());
    return found && ((await nativeProgram?.(found)) ?? found);
  }

  #modelOf(settings: ProviderSettings): Result<string | undefined, Reason> {
    const parsed = settingsSchema.safeParse(settings);
    if (parsed.success && (!parsed.data.model || this.#agent.modelArguments)) return ok(parsed.data.model);
    if (parsed.success) {
      return err({
        code: 'command_malformed',
        message: `The model of ${this.name} is chosen in its own configuration.`,
      });
    }
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.');
    const message = `${this.name} cannot be started with these settings: ${field ? `${field} ` : ''}${issue?.message}`;
    return err({ code: 'command_malformed', message });
  }
}
