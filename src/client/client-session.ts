import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { drop } from '../base/drop.ts';
import { Emitter } from '../base/emitter.ts';
import { CodedError } from '../base/errors.ts';
import { taskStream } from '../protocol/names.ts';
import type { PairingKind } from '../protocol/wire/pairing.ts';
import type { SignedRoster } from '../protocol/wire/roster.ts';
import type { WebServerFrame } from '../protocol/wire/web.ts';
import { callApi, isSuccess, refusalOf } from '../sealing/api-client.ts';
import { type Invite, invite } from '../sealing/pairing-client.ts';
import { createId } from '../sealing/random.ts';
import { createToken } from '../sealing/token.ts';
import { BridgeLink } from './bridge-link.ts';
import { type BridgeSeal, createBridgeSeal } from './bridge-seal.ts';
import type { CommandOptions, SentCommand } from './command-outcome.ts';
import { Connection, type Welcome } from './connection.ts';
import { connectionOf, DeviceList } from './device-list.ts';
import type { Exclusive } from './exclusive.ts';
import type { WebIdentity } from './identity.ts';
import type { KeyValueStore } from './key-value-store.ts';
import { type LaunchedTask, type LaunchOptions, type LaunchRequest, launchTask } from './launch-task.ts';
import { MESSAGE_DEADLINE_MS } from './message-deadline.ts';
import { Subscriptions } from './subscriptions.ts';
import { TaskLog } from './task-log.ts';
import type { WebClient } from './web-client.ts';
import { EMPTY_STATE, type WebState } from './web-state.ts';
import { WebViews } from './web-views.ts';

const CANCEL_DEADLINE_MS = 24 * 3_600_000;
const ANSWER_DEADLINE_MS = 8 * 3_600_000;
const REVOKE_DEADLINE_MS = 15_000;
const SYNC_DEADLINE_MS = 10 * 60_000;
/** A machine that was off for months must still learn which devices it may listen to. */
const ROSTER_DEADLINE_MS = 365 * 24 * 3_600_000;

export interface ClientSessionOptions {
  readonly origin: string;
  readonly identity: WebIdentity;
  readonly webSocket: typeof WebSocket;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: KeyValueStore;
  readonly exclusive: Exclusive;
}

/** Puts the parts of the client together; see `WebClient` for what each call promises. */
export class ClientSession implements WebClient {
  readonly #options: ClientSessionOptions;
  readonly #changed = new Emitter<WebState>();
  readonly onDidChange = this.#changed.event;
  readonly #connection: Connection;
  readonly #subscriptions: Subscriptions;
  readonly #devices: DeviceList;
  readonly #views: WebViews;
  readonly #seals = new Map<string, BridgeSeal>();
  readonly #links = new Map<string, BridgeLink>();
  #state: WebState = EMPTY_STATE;
  #isDisposed = false;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#connection = new Connection({
      ...options,
      createToken: (nowMs) => this.#token(nowMs),
      onWelcome: (welcome) => this.#welcome(welcome),
      onFrame: (frame) => this.#receive(frame),
    });
    this.#subscriptions = new Subscriptions((frame) => this.#connection.send(frame));
    this.#devices = new DeviceList({
      ...options,
      announce: (signed) => this.#announce(signed),
      onDidChange: () => this.#render(),
    });
    this.#views = new WebViews({
      wordOf: (bridgeId) => this.#link(bridgeId),
      openLabel: (task, label) => this.#seal(task.bridgeId).openLabel(task.taskId, label),
    });
    this.#connection.onDidChange(() => this.#render());
  }

  get identity(): WebIdentity {
    return this.#options.identity;
  }

  get origin(): string {
    return this.#options.origin;
  }

  get state(): WebState {
    return this.#state;
  }

  start(): void {
    // What was known before is only a head start for names; without it the server's copy does.
    const loaded = this.#devices.load().catch(() => {});
    drop(
      loaded.then(() => this.#isDisposed || this.#connection.start()),
      () => {},
    );
  }

  wake(): void {
    this.#connection.wake();
  }

  when(condition: (state: WebState) => boolean, timeoutMs: number): Promise<WebState> {
    if (condition(this.#state)) return Promise.resolve(this.#state);
    return new Promise((resolve, reject) => {
      const subscription = this.onDidChange((state) => {
        if (!condition(state)) return;
        subscription.dispose();
        timer.dispose();
        resolve(state);
      });
      const timer = this.#options.clock.setTimeout(() => {
        subscription.dispose();
        reject(new CodedError('timeout', `What was waited for did not happen within ${timeoutMs} ms.`));
      }, timeoutMs);
    });
  }

  openTask(taskId: string, bridgeId = this.#bridgeOf(taskId)): TaskLog {
    const { openTaskSegment: open } = this.#seal(bridgeId);
    return new TaskLog({
      taskId,
      clock: this.#options.clock,
      openFeed: (request) => this.#subscriptions.open({ ...request, bridgeId, stream: taskStream(taskId), open }),
    });
  }

  send(bridgeId: string, action: string, body: unknown, options: CommandOptions): SentCommand {
    return this.#link(bridgeId).sender.send({ ...options, action, body });
  }

  launchTask(request: LaunchRequest, options: LaunchOptions = {}): LaunchedTask {
    const { bridgeId, provider, title, workspace } = request;
    return launchTask(
      {
        createTaskId: () => createId(),
        send: (action, body, { launch, deadlineMs }) => {
          const label = { title, workspace };
          const taskFields = launch ? { taskId: launch.taskId, provider, label } : {};
          return this.send(bridgeId, action, body, { ...taskFields, deadlineMs });
        },
      },
      request,
      options,
    );
  }

  cancelTask(taskId: string, bridgeId = this.#bridgeOf(taskId)): SentCommand {
    return this.send(bridgeId, 'task_cancel', { taskId }, { taskId, deadlineMs: CANCEL_DEADLINE_MS });
  }

  sendMessage(taskId: string, text: string, bridgeId = this.#bridgeOf(taskId)): SentCommand {
    return this.send(bridgeId, 'task_prompt', { taskId, text }, { taskId, deadlineMs: MESSAGE_DEADLINE_MS });
  }

  answerApproval(
    approval: { readonly taskId: string; readonly approvalId: string; readonly sha256: string },
    decision: 'allow' | 'deny',
  ): SentCommand {
    const { taskId, approvalId, sha256 } = approval;
    const body = { taskId, approvalId, sha256, decision };
    return this.send(this.#bridgeOf(taskId), 'approval_answer', body, { taskId, deadlineMs: ANSWER_DEADLINE_MS });
  }

  syncProviders(bridgeId: string): SentCommand {
    return this.send(bridgeId, 'provider_sync', {}, { deadlineMs: SYNC_DEADLINE_MS });
  }

  invite(kind: PairingKind, signal?: AbortSignal): Promise<Invite> {
    const { origin, identity, clock, fetch } = this.#options;
    const { deviceId, deviceKey } = identity;
    return invite({
      origin,
      kind,
      account: identity,
      device: { deviceId, secretKey: deviceKey.secretKey },
      roster: {
        current: () => this.#devices.current(),
        publishRoster: (signed, roster) => this.#devices.publish(signed, roster),
      },
      fetch,
      clock,
      ...(signal && { signal }),
    });
  }

  async revokeDevice(deviceId: string): Promise<void> {
    const { clock } = this.#options;
    // Machines are told first: the server could forget to, they would not.
    await this.#devices.change({ type: 'revoke', deviceId, at: clock.now() });
    const answer = await callApi(connectionOf(this.#options), {
      method: 'POST',
      path: `/api/devices/${deviceId}/revoke`,
      deadlineMs: clock.monotonicMs() + REVOKE_DEADLINE_MS,
    });
    if (!isSuccess(answer)) throw refusalOf(answer);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const link of this.#links.values()) link.dispose();
    this.#links.clear();
    this.#connection.dispose();
  }

  #welcome(welcome: Welcome): void {
    this.#views.welcome(welcome);
    if (welcome.roster !== null) this.#devices.receive(welcome.roster);
    for (const bridge of welcome.bridges) this.#link(bridge.bridgeId);
    this.#subscriptions.connected();
    for (const link of this.#links.values()) link.sender.connected();
    this.#render();
  }

  #receive(frame: WebServerFrame): void {
    switch (frame.type) {
      case 'segment':
      case 'caught_up':
      case 'output_removed':
        this.#subscriptions.receive(frame);
        return;
      case 'command_accepted':
        for (const link of this.#links.values()) link.sender.accepted(frame.commandId);
        return;
      case 'command_refused': {
        const { commandId, code, message } = frame;
        const outcome = { outcome: 'rejected', by: 'server', reason: { code, message } } as const;
        for (const link of this.#links.values()) link.sender.settle(commandId, outcome);
        return;
      }
      case 'command_outcome':
        for (const link of this.#links.values()) link.outcomeSeen(frame.commandId, frame.outcome, frame.code);
        return;
      case 'roster_changed':
        this.#devices.receive(frame.roster);
        return;
      default:
        this.#views.apply(frame);
        if (frame.type === 'bridge_changed') this.#link(frame.bridge.bridgeId);
        if (frame.type === 'bridge_removed') this.#unlink(frame.bridgeId);
        this.#render();
    }
  }

  #link(bridgeId: string): BridgeLink {
    const known = this.#links.get(bridgeId);
    if (known) return known;
    const link = new BridgeLink({
      ...this.#options,
      bridgeId,
      seal: this.#seal(bridgeId),
      subscriptions: this.#subscriptions,
      transmit: (envelope) => this.#connection.send({ type: 'command', envelope }),
      onDidChange: () => this.#render(),
    });
    this.#links.set(bridgeId, link);
    return link;
  }

  #seal(bridgeId: string): BridgeSeal {
    const known = this.#seals.get(bridgeId) ?? createBridgeSeal(this.#options.identity, bridgeId);
    this.#seals.set(bridgeId, known);
    return known;
  }

  #unlink(bridgeId: string): void {
    this.#links.get(bridgeId)?.dispose();
    this.#links.delete(bridgeId);
  }

  #bridgeOf(taskId: string): string {
    const task = this.#views.task(taskId);
    if (task) return task.bridgeId;
    throw new CodedError('task_unknown', 'This task is not on the list of this account.');
  }

  #announce(signed: SignedRoster): void {
    const revoked = new Set(
      this.#devices.roster?.devices.filter((device) => device.revokedAt !== undefined).map(({ deviceId }) => deviceId),
    );
    for (const { bridgeId } of this.#state.bridges)
      if (!revoked.has(bridgeId)) this.send(bridgeId, 'roster_update', signed, { deadlineMs: ROSTER_DEADLINE_MS });
  }

  #token(nowMs: number): string {
    const { deviceId, deviceKey, serverId } = this.#options.identity;
    return createToken({ deviceId, secretKey: deviceKey.secretKey, serverId, nowMs });
  }

  #render(): void {
    if (this.#isDisposed) return;
    this.#state = this.#views.render(this.#connection.state, this.#devices.roster);
    this.#changed.fire(this.#state);
  }
}
