/** The links of this process: at most one for each bridge, the newest. */
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { drop } from '../../base/drop.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { CloseReason } from '../../protocol/wire/close-codes.ts';
import type { BridgeView } from '../../protocol/wire/web.ts';
import { findBridge } from '../store/bridges.ts';
import { type CommandStreamState, compactCommandStream, loadCommandStream } from '../store/command-stream.ts';
import type { Database } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { Announcer } from './announcer.ts';
import type { GroupCommitter } from './group-committer.ts';
import { LastSeen } from './last-seen.ts';
import { LinkSession } from './link-session.ts';
import { offlineView } from './presence.ts';

export interface LinkRegistryOptions {
  readonly db: Database;
  readonly committer: GroupCommitter;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A bridge whose upgrade may go on. */
export interface AdmittedBridge {
  readonly bridge: Row<'bridges'>;
  readonly commands: CommandStreamState;
}

export class LinkRegistry {
  readonly #options: LinkRegistryOptions;
  readonly #links = new Map<string, LinkSession>();
  /** Links that closed and still write, with their bridge. */
  readonly #settling = new Map<Promise<void>, string>();
  readonly #seen: LastSeen;

  constructor(options: LinkRegistryOptions) {
    const { db, clock } = options;
    this.#options = options;
    this.#seen = new LastSeen({ db, clock, onFailure: (error) => this.#logFailure('last_seen_failed', null, error) });
  }

  /** Ends what connection the bridge has and makes its stream of commands ready; undefined if there is no such bridge. */
  async admit(bridgeId: string): Promise<AdmittedBridge | undefined> {
    const { db } = this.#options;
    this.end(bridgeId, 'superseded', 'another connection of this bridge took over');
    await this.#settled(bridgeId);
    await compactCommandStream(db, bridgeId);
    const bridge = await findBridge(db, bridgeId);
    const commands = await loadCommandStream(db, bridgeId);
    return bridge && commands && { bridge, commands };
  }

  connect(admitted: AdmittedBridge, socket: WebSocket): void {
    const { bridge, commands } = admitted;
    const bridgeId = bridge.bridge_id;
    // Another connection may have been admitted at the same time; the last one stands.
    this.end(bridgeId, 'superseded', 'another connection of this bridge took over');
    const { db, committer, clock, logger } = this.#options;
    const session: LinkSession = new LinkSession({
      bridge,
      commands,
      socket,
      db,
      committer,
      clock,
      logger,
      onDidChange: () => this.#announce(session),
      onDidHear: (at) => this.#seen.heard(bridgeId, at),
      onDidClose: () => this.#closed(session),
    });
    this.#links.set(bridgeId, session);
    this.#seen.heard(bridgeId, clock.now());
    session.start();
    drop(this.#refresh(session), (error) => this.#logFailure('link_refresh_failed', bridgeId, error));
  }

  end(bridgeId: string, reason: CloseReason, words: string): void {
    this.#links.get(bridgeId)?.end(reason, words);
  }

  /** New commands of this bridge were committed. */
  didAppendCommands(bridgeId: string, end: number): void {
    this.#links.get(bridgeId)?.log.didAppend(end);
  }

  view(bridge: Row<'bridges'>): BridgeView {
    const lastSeenAt = this.#seen.at(bridge.bridge_id) ?? bridge.last_seen_at;
    return this.#links.get(bridge.bridge_id)?.view(lastSeenAt) ?? offlineView(bridge.bridge_id, lastSeenAt);
  }

  /** Says goodbye to all; resolves when nothing of theirs is written any more. */
  async close(): Promise<void> {
    const links = [...this.#links.values()];
    for (const link of links) link.end('goingAway', 'the control plane is stopping');
    await Promise.all(this.#settling.keys());
    await this.#seen.close();
  }

  /** What an earlier connection received and had under way is committed before the next one asks for the cursors. */
  async #settled(bridgeId: string): Promise<void> {
    await Promise.all([...this.#settling].filter(([, of]) => of === bridgeId).map(([settling]) => settling));
  }

  /** What was committed between reading the row and registering the link: new commands, or a revocation. */
  async #refresh(session: LinkSession): Promise<void> {
    const bridge = await findBridge(this.#options.db, session.bridgeId);
    if (!bridge) return session.end('revoked', 'this device was revoked');
    await session.log.refresh();
  }

  #closed(session: LinkSession): void {
    const { bridgeId } = session;
    if (this.#links.get(bridgeId) === session) this.#links.delete(bridgeId);
    this.#seen.heard(bridgeId, this.#options.clock.now());
    this.#announce(session);
    const settling = session.settled().finally(() => this.#settling.delete(settling));
    this.#settling.set(settling, bridgeId);
  }

  #announce(session: LinkSession): void {
    const { bridgeId, accountId } = session;
    const lastSeenAt = this.#seen.at(bridgeId) ?? null;
    const bridge = this.#links.get(bridgeId)?.view(lastSeenAt) ?? offlineView(bridgeId, lastSeenAt);
    this.#options.announcer.announce(accountId, { type: 'bridge_changed', bridge });
  }

  #logFailure(event: string, bridgeId: string | null, error: unknown): void {
    this.#options.logger.error({ event, bridgeId, code: codeOf(error), message: messageOf(error) });
  }
}
