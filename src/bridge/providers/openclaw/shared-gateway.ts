import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../base/clock.ts';
import { type Disposable, toDisposable } from '../../../base/disposal.ts';
import { drop } from '../../../base/drop.ts';
import { CodedError, messageOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { Logger } from '../../ports.ts';
import type { Environment } from '../supervisor/environment.ts';
import type { HelperProcesses } from '../supervisor/helper-processes.ts';
import { GatewayConnection, type GatewayTarget } from './gateway-connection.ts';
import { GATEWAY_HELPER, isStarting, type OwnGateway, startOwnGateway } from './own-gateway.ts';
import { userGateway } from './user-gateway.ts';

export interface SharedGatewayOptions {
  /** A gateway that the user named; it is used and never ended. */
  readonly configured: { readonly url: string; readonly tokenFile: string } | undefined;
  /** The program, for a gateway of our own. */
  readonly find: () => Promise<Result<string, Reason>>;
  readonly environment: Environment;
  readonly helpers: HelperProcesses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A connection of one user of the gateway. Disposing it gives back the gateway too. */
export interface GatewayLease extends Disposable {
  readonly connection: GatewayConnection;
}

const IDLE_MS = 10 * 60_000;

/**
 * The one gateway that all tasks of OpenClaw share: the one that the user named, else the user's own if it answers, else
 * one that is started when it is needed and ended when nothing has used it for a while.
 */
export class SharedGateway {
  readonly #options: SharedGatewayOptions;
  readonly #abort = new AbortController();
  #own: Promise<Result<OwnGateway, Reason>> | undefined;
  #running: OwnGateway | undefined;
  #stopping: Promise<void> | undefined;
  #reclaimed: Promise<void> | undefined;
  #users = 0;
  #idle: Disposable | undefined;

  constructor(options: SharedGatewayOptions) {
    this.#options = options;
  }

  async lease(): Promise<Result<GatewayLease, Reason>> {
    if (this.#abort.signal.aborted) return err({ code: 'bridge_stopped', message: 'The bridge is being stopped.' });
    this.#users++;
    this.#idle?.dispose();
    const giveBack = toDisposable(() => this.#giveBack());
    try {
      const connected = await this.#connect();
      if (!connected.ok) {
        giveBack.dispose();
        return connected;
      }
      const connection = connected.value;
      const dispose = (): void => {
        connection.dispose();
        giveBack.dispose();
      };
      return ok({ connection, dispose });
    } catch (error) {
      giveBack.dispose();
      return err(reasonOf(error));
    }
  }

  /** The version of a gateway that runs already, or undefined if none does. Starts nothing. */
  async probe(signal: AbortSignal): Promise<Result<string | undefined, Reason>> {
    await this.#reclaim();
    const isStarting = this.#own !== undefined && this.#running === undefined;
    if (isStarting) return ok(undefined);
    try {
      const target = this.#running?.target ?? (await this.#foreignTarget());
      const connection = await GatewayConnection.open(target, this.#options.clock, signal);
      const { version } = connection;
      connection.dispose();
      return ok(version);
    } catch (error) {
      if (isAbsent(error) && !this.#options.configured) return ok(undefined);
      return err(reasonOf(error));
    }
  }

  async dispose(): Promise<void> {
    this.#abort.abort();
    this.#idle?.dispose();
    await this.#reclaimed;
    await this.#own;
    await this.#stopOwn();
  }

  async #connect(): Promise<Result<GatewayConnection, Reason>> {
    const { clock } = this.#options;
    await this.#reclaim();
    await this.#stopping;
    if (this.#own === undefined) {
      try {
        const connection = await GatewayConnection.open(await this.#foreignTarget(), clock, this.#abort.signal);
        return ok(connection);
      } catch (error) {
        if (!isAbsent(error) || this.#options.configured) return err(reasonOf(error));
      }
    }
    try {
      return await this.#connectToOwn();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      // It died, and we have not noticed yet.
      await this.#stopOwn();
      return this.#connectToOwn();
    }
  }

  async #connectToOwn(): Promise<Result<GatewayConnection, Reason>> {
    const own = await this.#startOwn();
    if (!own.ok) return own;
    return ok(await GatewayConnection.open(own.value.target, this.#options.clock, this.#abort.signal));
  }

  async #foreignTarget(): Promise<GatewayTarget> {
    const { configured, environment } = this.#options;
    if (!configured) return userGateway(environment);
    return { url: configured.url, auth: { token: await tokenIn(configured.tokenFile) } };
  }

  /** Several that ask at once get the same. One that failed or ended is tried again by the next who asks. */
  #startOwn(): Promise<Result<OwnGateway, Reason>> {
    this.#own ??= this.#start();
    return this.#own;
  }

  async #start(): Promise<Result<OwnGateway, Reason>> {
    const { find, helpers, clock, logger } = this.#options;
    const file = await find();
    const started = file.ok
      ? await startOwnGateway({ file: file.value, helpers, clock, signal: this.#abort.signal })
      : file;
    if (!started.ok) {
      this.#own = undefined;
      return started;
    }
    const gateway = started.value;
    logger.info({ event: 'openclaw_gateway_started', url: gateway.target.url });
    this.#running = gateway;
    void gateway.process.exited.then(() => this.#forget(gateway));
    return started;
  }

  #forget(gateway: OwnGateway): void {
    if (this.#running !== gateway) return;
    this.#running = undefined;
    this.#own = undefined;
  }

  /** The next one waits for it: two would fight over OpenClaw's state, and its sweep would hit both. */
  async #stopOwn(): Promise<void> {
    const gateway = this.#running;
    if (!gateway) return this.#stopping;
    this.#forget(gateway);
    this.#stopping = this.#options.helpers.stop(GATEWAY_HELPER, gateway.process);
    await this.#stopping;
    this.#options.logger.info({ event: 'openclaw_gateway_stopped' });
  }

  /** Once: what an earlier life of the bridge left would hold OpenClaw's state, so that no other could start. */
  #reclaim(): Promise<void> {
    this.#reclaimed ??= this.#options.helpers.sweep(GATEWAY_HELPER);
    return this.#reclaimed;
  }

  #giveBack(): void {
    this.#users--;
    if (this.#users > 0 || this.#abort.signal.aborted) return;
    const { clock, logger } = this.#options;
    this.#idle = clock.setTimeout(() => {
      drop(this.#stopOwn(), (error) => logger.error({ event: 'openclaw_gateway_stuck', error: messageOf(error) }));
    }, IDLE_MS);
  }
}

async function tokenIn(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const message = `The token of OpenClaw's gateway cannot be read (providers.openclaw.gateway.tokenFile): ${messageOf(error)}.`;
    throw new CodedError('token_unreadable', message, { cause: error });
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'unreachable' && /ECONNREFUSED/.test(error.message);
}

function reasonOf(error: unknown): Reason {
  if (error instanceof CodedError && error.code !== 'token_unreadable' && !isStarting(error)) {
    const hint = 'Name its address and a file with its token in the configuration under providers.openclaw.gateway.';
    return { code: 'spawn_failed', message: `OpenClaw's gateway refuses the connection: ${error.message}. ${hint}` };
  }
  return { code: 'spawn_failed', message: messageOf(error) };
}
