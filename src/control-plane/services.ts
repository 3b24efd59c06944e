import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { addAccountRoutes } from './accounts/account-routes.ts';
import { type Authenticator, createAuthenticator } from './accounts/authenticator.ts';
import { addDeviceRoutes } from './accounts/device-routes.ts';
import { FailureLimiter } from './accounts/failure-limiter.ts';
import { addPairingRoutes } from './accounts/pairing-routes.ts';
import { PairingWaits } from './accounts/pairing-waits.ts';
import { addRosterRoutes } from './accounts/roster-routes.ts';
import { CommandDispatcher } from './dispatch/command-dispatcher.ts';
import { CommandExpiry } from './dispatch/command-expiry.ts';
import { addCommandRoutes } from './dispatch/command-routes.ts';
import { createApp } from './http/create-app.ts';
import { createHostRules, type HostRules } from './http/host-check.ts';
import { addWebApp } from './http/web-app.ts';
import { type OutputLimits, OutputRetention } from './retention/output-retention.ts';
import { announceCommit } from './sessions/announce-commit.ts';
import { Announcer } from './sessions/announcer.ts';
import { GroupCommitter } from './sessions/group-committer.ts';
import { LinkRegistry } from './sessions/link-registry.ts';
import { SocketSet } from './sessions/socket-set.ts';
import { StreamHub } from './sessions/stream-hub.ts';
import { WebRegistry } from './sessions/web-registry.ts';
import { QUEUE_LIMITS, type QueueLimits } from './store/accept-commands.ts';
import { findBridge } from './store/bridges.ts';
import type { Database } from './store/database.ts';
import { loadServerId } from './store/server-meta.ts';
import type { WriteAheadLog } from './store/write-ahead-log.ts';

export interface ServicesOptions {
  readonly db: Database;
  readonly log: WriteAheadLog;
  readonly host: string;
  readonly allowedHosts?: readonly string[];
  readonly webRoot?: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly setupSecret?: string;
  readonly version: string;
  readonly queueLimits?: QueueLimits;
  readonly outputLimits?: OutputLimits;
  readonly cleanEveryMs?: number;
}

export interface Services {
  readonly app: FastifyInstance;
  readonly authenticator: Authenticator;
  readonly committer: GroupCommitter;
  readonly db: Database;
  readonly dispatcher: CommandDispatcher;
  readonly expiry: CommandExpiry;
  readonly hostRules: HostRules;
  readonly links: LinkRegistry;
  readonly log: WriteAheadLog;
  readonly pages: WebRegistry;
  readonly retention: OutputRetention;
  readonly serverId: string;
  readonly sockets: SocketSet;
  readonly waits: PairingWaits;
}

const FAILURES_PER_MINUTE_MAX = 10;

/** Puts the parts of one control plane together. Nothing runs yet. */
export async function createServices(options: ServicesOptions): Promise<Services> {
  const { db, log, clock, logger } = options;
  const serverId = await loadServerId(db);
  const announcer = new Announcer();
  const hub = new StreamHub();
  const committer = new GroupCommitter({
    db,
    log,
    clock,
    onDidForesee: (bridgeId, segment) => hub.foresee(bridgeId, segment),
    onDidCommit: (committed) => announceCommit({ announcer, hub, logger }, committed),
  });
  const links = new LinkRegistry({ db, committer, announcer, clock, logger });
  const expiry = new CommandExpiry({ db, clock, announcer, logger });
  const limits = options.queueLimits ?? QUEUE_LIMITS;
  const dispatcher = new CommandDispatcher({ db, clock, announcer, links, expiry, limits });
  const authenticator = createAuthenticator({ db, serverId, clock });
  const pages = new WebRegistry({ db, clock, logger, authenticator, announcer, hub, links, dispatcher });
  const hostRules = createHostRules({ host: options.host, allowedHosts: options.allowedHosts ?? [] });
  const sockets = new SocketSet();
  const waits = new PairingWaits(clock);
  const outputLimits = options.outputLimits ?? { keepMs: undefined, keepBytes: undefined };
  const retention = new OutputRetention({ db, clock, logger, limits: outputLimits, everyMs: options.cleanEveryMs });
  const sessions = { authenticator, committer, dispatcher, expiry, hostRules, links, pages, sockets, waits };
  const parts = { ...sessions, db, log, retention, serverId };
  return { ...parts, app: await createRoutes(options, { ...parts, announcer }) };
}

async function createRoutes(
  { clock, logger, version, setupSecret, webRoot }: ServicesOptions,
  parts: Omit<Services, 'app'> & { readonly announcer: Announcer },
): Promise<FastifyInstance> {
  const { db, announcer, links, serverId, hostRules } = parts;
  const checkReady = async (): Promise<void> => {
    await db.selectFrom('server_meta').select('name').limit(1).execute();
  };
  const app = createApp({ logger, hostRules, checkReady });
  const limiter = new FailureLimiter({ clock, failuresMax: FAILURES_PER_MINUTE_MAX, windowMs: 60_000 });
  const onDidGrant = async (accountId: string, deviceId: string): Promise<void> => {
    const bridge = await findBridge(db, deviceId);
    if (bridge) announcer.announce(accountId, { type: 'bridge_changed', bridge: links.view(bridge) });
  };
  addAccountRoutes(app, { db, clock, serverId, version, setupSecret, limiter });
  addPairingRoutes(app, { ...parts, clock, limiter, onDidGrant });
  addRosterRoutes(app, parts);
  addDeviceRoutes(app, { ...parts, clock });
  addCommandRoutes(app, parts);
  await addWebApp(app, webRoot);
  return app;
}
