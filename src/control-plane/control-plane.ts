/**
 * The control plane (design section 8): accounts and pairing, the bridges' links, the pages' sockets, and what they
 * exchange, over one database. It carries what it cannot open: nothing here may import src/sealing.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { CodedError, codeOf } from '../base/errors.ts';
import { handleUpgrades } from './http/upgrade.ts';
import type { OutputLimits } from './retention/output-retention.ts';
import { createServices, type Services } from './services.ts';
import type { QueueLimits } from './store/accept-commands.ts';
import { openDatabase } from './store/database.ts';

export interface ControlPlaneOptions {
  readonly dataDir: string;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder with the built web app. */
  readonly webRoot?: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Lets the first device make the account; without it nobody can. */
  readonly setupSecret?: string;
  /** Names besides addresses and localhost under which the server may be asked for, such as that of a proxy before it. */
  readonly allowedHosts?: readonly string[];
  readonly version?: string;
  readonly queueLimits?: QueueLimits;
  /** How long, and how much, output of ended tasks is kept; all of it for ever by default. */
  readonly outputLimits?: OutputLimits;
  readonly cleanEveryMs?: number;
}

export interface ControlPlane {
  readonly port: number;
  /** `http://<address>:<port>` as reached from this machine. */
  readonly origin: string;
  readonly serverId: string;
  /** Says goodbye to everybody and closes the database. Calling it again waits for the same. */
  close(): Promise<void>;
}

/** How long a peer may take to answer a close before it is cut. */
const POLITE_CLOSE_MS = 500;
const DEFAULT_HOST = '127.0.0.1';

/**
 * Starts a control plane. Rejects with a CodedError: `port_in_use`, `address_unavailable`, `data_dir_unwritable`,
 * `data_dir_in_use`, `database_newer`, `database_damaged`; nothing is left open then.
 */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const host = options.host ?? DEFAULT_HOST;
  const { db, log } = await openDatabase(options.dataDir);
  try {
    const services = await createServices({ ...options, db, log, host, version: options.version ?? ownVersion() });
    const port = await listen(services.app, host, options.port);
    services.expiry.start();
    services.retention.start();
    const upgrades = handleUpgrades({ ...services, server: services.app.server, logger: options.logger });
    options.logger.info({ event: 'control_plane_started', serverId: services.serverId, host, port });
    let closing: Promise<void> | undefined;
    return {
      port,
      origin: originOf(host, port),
      serverId: services.serverId,
      close: () => {
        upgrades.dispose();
        closing ??= closeAll(services, options);
        return closing;
      },
    };
  } catch (error) {
    log.close();
    await db.destroy();
    throw error;
  }
}

async function closeAll(services: Services, { clock, logger }: { clock: Clock; logger: Logger }): Promise<void> {
  const { app, db, log, links, pages, waits, expiry, dispatcher, committer, retention } = services;
  waits.dispose();
  retention.dispose();
  expiry.dispose();
  pages.close();
  const cut = clock.setTimeout(() => services.sockets.terminate(), POLITE_CLOSE_MS);
  await Promise.all([links.close(), services.sockets.allClosed()]);
  cut.dispose();
  await app.close();
  await Promise.all([dispatcher.idle(), committer.idle(), expiry.idle(), retention.idle()]);
  log.close();
  await db.destroy();
  logger.info({ event: 'control_plane_stopped', serverId: services.serverId });
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
    return (app.server.address() as AddressInfo).port;
  } catch (error) {
    await app.close();
    throw explain(error, host, port);
  }
}

function explain(error: unknown, host: string, port: number): unknown {
  const facts = { host, port };
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new CodedError('port_in_use', `Port ${port} is in use by another program: choose another with --port.`, {
        cause: error,
        facts,
      });
    case 'EACCES':
      return new CodedError('port_not_allowed', `This user may not listen on port ${port}: choose one above 1023.`, {
        cause: error,
        facts,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CodedError('address_unavailable', `This machine has no address ${host} to listen on.`, {
        cause: error,
        facts,
      });
    default:
      return error;
  }
}

function originOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
