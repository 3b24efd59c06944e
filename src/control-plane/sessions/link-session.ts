import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { type Disposable, DisposableStore } from '../../base/disposal.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { Channel } from '../../channel/channel.ts';
import { CLOSE_CODES, type CloseReason } from '../../protocol/wire/close-codes.ts';
import type { BridgeView } from '../../protocol/wire/web.ts';
import type { CommandStreamState } from '../store/command-stream.ts';
import type { Database } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import { createBridgeCursors } from './bridge-cursors.ts';
import { CommandLog } from './command-log.ts';
import type { GroupCommitter } from './group-committer.ts';
import { Presence } from './presence.ts';

export interface LinkSessionOptions {
  readonly bridge: Row<'bridges'>;
  readonly socket: WebSocket;
  readonly commands: CommandStreamState;
  readonly db: Database;
  readonly committer: GroupCommitter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDidChange: () => void;
  /** The link was heard from at this time. */
  readonly onDidHear: (at: number) => void;
  readonly onDidClose: () => void;
}

/** One connection of one bridge: its socket, its channel, and what is known of it while it lasts. */
export class LinkSession implements Disposable {
  readonly bridgeId: string;
  readonly accountId: string;
  readonly log: CommandLog;
  readonly #options: LinkSessionOptions;
  readonly #channel: Channel;
  readonly #presence: Presence;
  readonly #releases = new DisposableStore();
  #isCurrent = true;
  #isLive = true;

  constructor(options: LinkSessionOptions) {
    const { bridge, socket, db, committer, clock, logger } = options;
    this.bridgeId = bridge.bridge_id;
    this.accountId = bridge.account_id;
    this.#options = options;
    this.#presence = new Presence({ clock, onDidChange: options.onDidChange });
    this.log = new CommandLog({
      db,
      bridgeId: this.bridgeId,
      state: options.commands,
      onFailure: (error) => this.#fail(error),
    });
    this.#channel = new Channel({
      role: 'accepter',
      clock,
      log: this.log,
      cursors: createBridgeCursors({
        db,
        committer,
        bridgeId: this.bridgeId,
        accountId: this.accountId,
        isCurrent: () => this.#isCurrent,
      }),
      transport: {
        send: (text) => socket.readyState === socket.OPEN && socket.send(text),
        close: (code, reason) => socket.close(code, reason),
        get bufferedBytes() {
          return socket.bufferedAmount;
        },
      },
      onLog: (event, fields) => logger.info({ event, bridgeId: this.bridgeId, ...fields }),
    });
  }

  start(): void {
    const { socket, clock, onDidHear } = this.#options;
    this.#releases.add(this.#channel.onDidMeasureRoundTrip((rttMs) => this.#presence.answered(rttMs)));
    this.#releases.add(
      this.#channel.onDidReceiveHeartbeat((heartbeat) => {
        this.#presence.reported(heartbeat);
        onDidHear(clock.now());
      }),
    );
    this.#releases.add(this.#channel.onDidClose(() => this.dispose()));
    socket.on('message', (data: RawData, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('close', (code, reason) => this.#channel.transportClosed(code, reason.toString()));
    // The 'close' event follows and says the rest; oversized and invalid frames get their close code from ws itself.
    socket.on('error', (error) =>
      this.#options.logger.info({ event: 'link_error', bridgeId: this.bridgeId, code: codeOf(error) }),
    );
    this.#channel.start();
  }

  view(lastSeenAt: number | null): BridgeView {
    return this.#presence.view(this.bridgeId, lastSeenAt);
  }

  /** Ends the link with a reason that the bridge understands. */
  end(reason: CloseReason, words: string): void {
    this.#isCurrent = false;
    this.#channel.goodbye(words, reason);
    this.dispose();
  }

  /** Resolves when nothing of this link is written any more. */
  async settled(): Promise<void> {
    await this.#channel.settled();
    await this.log.idle().catch(() => undefined);
  }

  dispose(): void {
    if (!this.#isLive) return;
    this.#isLive = false;
    this.#presence.dispose();
    this.#releases.dispose();
    this.#channel.dispose();
    this.#options.onDidClose();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      this.#options.logger.info({ event: 'link_binary_frame', bridgeId: this.bridgeId });
      this.#channel.goodbye('frames are text', 'malformed');
    } else this.#channel.receive(data.toString());
  }

  #fail(error: unknown): void {
    this.#options.logger.error({
      event: 'link_storage_failed',
      bridgeId: this.bridgeId,
      code: codeOf(error),
      message: messageOf(error),
    });
    this.#options.socket.close(CLOSE_CODES.internal, 'storage failed');
    this.dispose();
  }
}
