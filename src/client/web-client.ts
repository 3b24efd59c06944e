/**
 * The person's side of CTRL NODE without any screen: connects, opens what is sealed for this account, checks it, and
 * sends sealed and signed commands. Runs in browsers and in Node alike; the web app, the demo and tests build on it.
 */
import type { Random } from '../base/backoff.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Event } from '../base/emitter.ts';
import type { PairingKind } from '../protocol/wire/pairing.ts';
import type { Invite } from '../sealing/pairing-client.ts';
import { ClientSession } from './client-session.ts';
import type { CommandOptions, SentCommand } from './command-outcome.ts';
import { createExclusive, type Exclusive } from './exclusive.ts';
import type { WebIdentity } from './identity.ts';
import { createMemoryStore, type KeyValueStore } from './key-value-store.ts';
import type { LaunchedTask, LaunchOptions, LaunchRequest } from './launch-task.ts';
import type { TaskLog } from './task-log.ts';
import type { WebState } from './web-state.ts';

export interface WebClientOptions {
  /** `https://…`, or `http://` to this very machine. */
  readonly origin: string;
  readonly identity: WebIdentity;
  readonly webSocket?: typeof WebSocket;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly random?: Random;
  /** In memory if it is left out. */
  readonly storage?: KeyValueStore;
  readonly exclusive?: Exclusive;
}

export interface WebClient extends Disposable {
  readonly identity: WebIdentity;
  readonly origin: string;
  readonly state: WebState;
  readonly onDidChange: Event<WebState>;
  /** Connects, and stays connected until disposed. */
  start(): void;
  /** The network or the page came back, or a person asked: looks at once instead of waiting. */
  wake(): void;
  /** Resolves with the first state that fulfils the condition; rejects with CodedError `timeout`. */
  when(condition: (state: WebState) => boolean, timeoutMs: number): Promise<WebState>;
  /** The bridge is looked up in the state; name it for a task that was launched only now. */
  openTask(taskId: string, bridgeId?: string): TaskLog;
  send(bridgeId: string, action: string, body: unknown, options: CommandOptions): SentCommand;
  /** Sends the files, then the launch. Never rejects. */
  launchTask(request: LaunchRequest, options?: LaunchOptions): LaunchedTask;
  cancelTask(taskId: string, bridgeId?: string): SentCommand;
  /** One more message to a task's agent, in the same session; given when the turn that runs has ended. */
  sendMessage(taskId: string, text: string, bridgeId?: string): SentCommand;
  answerApproval(
    approval: { readonly taskId: string; readonly approvalId: string; readonly sha256: string },
    decision: 'allow' | 'deny',
  ): SentCommand;
  /** Asks a machine to look for its agent programs again. */
  syncProviders(bridgeId: string): SentCommand;
  /** Makes a one-time link for another device or machine. Throws CodedError with a sentence. */
  invite(kind: PairingKind, signal?: AbortSignal): Promise<Invite>;
  /** Removes a device or machine at once. Throws CodedError with a sentence. */
  revokeDevice(deviceId: string): Promise<void>;
}

export function createWebClient(options: WebClientOptions): WebClient {
  return new ClientSession({
    origin: options.origin.replace(/\/$/, ''),
    identity: options.identity,
    webSocket: options.webSocket ?? globalThis.WebSocket,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    store: options.storage ?? createMemoryStore(),
    exclusive: options.exclusive ?? createExclusive(),
  });
}
