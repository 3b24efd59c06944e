import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { BRIDGE_STREAM } from '../protocol/names.ts';
import type { BridgeInfo, BridgeRecord } from '../protocol/records/bridge-records.ts';
import type { LogProblem } from '../protocol/ui/log-entry.ts';
import type { CommandBinding, CommandEnvelope } from '../protocol/wire/commands.ts';
import { createId } from '../sealing/random.ts';
import type { BridgeSeal } from './bridge-seal.ts';
import { nextOrder } from './command-orders.ts';
import { type Command, CommandSender } from './command-sender.ts';
import type { Exclusive } from './exclusive.ts';
import type { WebIdentity } from './identity.ts';
import type { KeyValueStore } from './key-value-store.ts';
import type { StreamFeed } from './stream-feed.ts';
import type { Subscriptions } from './subscriptions.ts';

/** How long the sealed words may come after the server's code before the code has to do. */
const WORDS_GRACE_MS = 3_000;

export interface BridgeLinkOptions {
  readonly bridgeId: string;
  readonly identity: WebIdentity;
  readonly seal: BridgeSeal;
  readonly store: KeyValueStore;
  readonly exclusive: Exclusive;
  readonly clock: Clock;
  readonly subscriptions: Subscriptions;
  transmit(envelope: CommandEnvelope): boolean;
  onDidChange(): void;
}

/** All that this device has with one bridge: its sealed stream, and the commands under way to it. */
export class BridgeLink implements Disposable {
  readonly #options: BridgeLinkOptions;
  readonly #feed: StreamFeed<BridgeRecord>;
  readonly #timers = new Set<Disposable>();
  readonly sender: CommandSender;
  info: BridgeInfo | null = null;
  problem: LogProblem | null = null;

  constructor(options: BridgeLinkOptions) {
    this.#options = options;
    const { bridgeId, identity, clock, exclusive } = options;
    this.sender = new CommandSender({
      clock,
      exclusive,
      lockName: `ctrlnode/orders/${identity.deviceId}/${bridgeId}`,
      createId: () => createId(),
      seal: (commandId, command) => this.#sealCommand(commandId, command),
      transmit: options.transmit,
    });
    this.#feed = options.subscriptions.open({
      bridgeId,
      stream: BRIDGE_STREAM,
      after: 'snapshot',
      epoch: undefined,
      open: options.seal.openBridgeSegment,
      listener: {
        onRecords: (records) => this.#read(records),
        onProblem: (problem) => this.#warn(problem),
        onRestart: () => this.#restart(),
        onCaughtUp: () => {},
      },
    });
  }

  /** The server's word about a command's end: only a fallback for when the bridge's own sealed word does not come. */
  outcomeSeen(commandId: string, outcome: 'done' | 'rejected' | 'expired', code: string | null): void {
    if (!this.sender.isOpen(commandId)) return;
    if (outcome === 'expired') {
      this.sender.settle(commandId, { outcome: 'expired' });
      return;
    }
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      const reason = { code: code ?? 'unknown', message: '' };
      this.sender.settle(commandId, outcome === 'done' ? { outcome } : { outcome, by: 'bridge', reason });
    }, WORDS_GRACE_MS);
    this.#timers.add(timer);
  }

  dispose(): void {
    for (const timer of this.#timers) timer.dispose();
    this.#feed.dispose();
    this.sender.dispose();
  }

  #read(records: readonly BridgeRecord[]): void {
    for (const record of records) {
      if (record.type === 'bridge_info') this.info = record.info;
      else if (record.type === 'command_done') this.sender.settle(record.commandId, { outcome: 'done' });
      else {
        const { commandId, reason } = record;
        this.sender.settle(commandId, { outcome: 'rejected', by: 'bridge', reason });
      }
    }
    this.#options.onDidChange();
  }

  #warn(problem: LogProblem): void {
    this.problem = problem;
    this.#options.onDidChange();
  }

  #restart(): void {
    this.info = null;
    this.problem = null;
    this.#options.onDidChange();
  }

  async #sealCommand(commandId: string, command: Command): Promise<CommandEnvelope> {
    const { identity, bridgeId, store, clock, seal } = this.#options;
    const { accountId, deviceId } = identity;
    const { action, body, taskId, provider, label, issuedAt, deadlineMs } = command;
    const order = await nextOrder({ store, clock, deviceId }, bridgeId);
    const binding: CommandBinding = {
      version: 1,
      commandId,
      accountId,
      bridgeId,
      deviceId,
      action,
      order,
      issuedAt,
      deadline: issuedAt + deadlineMs,
      ...(taskId !== undefined && { taskId }),
      ...(provider !== undefined && { provider }),
      ...(taskId !== undefined && label !== undefined && { label: seal.sealLabel(taskId, label) }),
    };
    return seal.sealCommand(binding, body);
  }
}
