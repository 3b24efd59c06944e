import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { WebIdentity } from '../../../src/client/identity.ts';
import type { CommandEnvelope } from '../../../src/protocol/wire/commands.ts';
import type { Segment } from '../../../src/protocol/wire/frames.ts';
import type { ApprovalChange } from '../../../src/protocol/wire/segment-header.ts';
import {
  type BridgeView,
  type TaskView,
  WEB_SUBPROTOCOL,
  type WebClientFrame,
  type WebServerFrame,
  webClientFrameSchema,
} from '../../../src/protocol/wire/web.ts';
import { createAccountKey, createDeviceKey } from '../../../src/sealing/keys.ts';

interface Subscription {
  readonly socket: WebSocket;
  readonly key: string;
}

/** A small real server that speaks wire/web.ts: keeps segments, fans out, answers commands as a test decides. */
export class FakeControlPlane {
  readonly bridges = new Map<string, BridgeView>();
  readonly tasks = new Map<string, TaskView>();
  readonly approvals = new Map<string, ApprovalChange>();
  readonly commands: CommandEnvelope[] = [];
  readonly frames: WebClientFrame[] = [];
  roster: string | null = null;
  /** What to do with a command; by default it is stored and accepted. */
  onCommand: (envelope: CommandEnvelope, socket: WebSocket) => void = (envelope, socket) =>
    this.#send(socket, { type: 'command_accepted', commandId: envelope.commandId });
  /** Close code for the next hello instead of a welcome. */
  refuseHello: number | undefined;
  /** Takes frames and says nothing, as a half-open connection does. */
  isSilent = false;
  readonly #segments = new Map<string, Segment[]>();
  readonly #removed = new Map<string, { readonly through: number; readonly at: number }>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #waiters = new Set<() => void>();

  constructor(onRequest: RequestListener = (_request, response) => response.writeHead(404).end()) {
    this.#http = createServer(onRequest);
    this.#sockets = new WebSocketServer({ server: this.#http, path: '/web', handleProtocols: () => WEB_SUBPROTOCOL });
    this.#sockets.on('connection', (socket) => this.#accept(socket));
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve));
    return this.origin;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.clients.size;
  }

  async close(): Promise<void> {
    this.cut();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#subscriptions.clear();
  }

  closeAll(code: number): void {
    for (const socket of this.#sockets.clients) socket.close(code);
  }

  addBridge(bridgeId: string, view: Partial<BridgeView> = {}): void {
    const bridge = { bridgeId, isOnline: true, since: 0, rttMs: 12, queueDepth: { records: 0, bytes: 0 }, ...view };
    this.bridges.set(bridgeId, bridge);
    this.broadcast({ type: 'bridge_changed', bridge });
  }

  addTask(task: Partial<TaskView> & Pick<TaskView, 'taskId' | 'bridgeId'>): void {
    const full: TaskView = {
      provider: 'claude',
      state: 'running',
      code: null,
      label: null,
      createdAt: 1_700_000_000_000,
      startedAt: null,
      endedAt: null,
      deadline: 4_000_000_000_000,
      ...task,
    };
    this.tasks.set(task.taskId, full);
    this.broadcast({ type: 'task_changed', task: full });
  }

  addApproval(approval: ApprovalChange): void {
    this.approvals.set(approval.approvalId, approval);
    this.broadcast({ type: 'approval_changed', approval });
  }

  /** Stores a segment and gives it to who listens. */
  push(bridgeId: string, segment: Segment): void {
    const key = `${bridgeId}/${segment.stream}`;
    const stored = this.#segments.get(key) ?? [];
    const isNewEpoch = stored[0] !== undefined && stored[0].epoch !== segment.epoch;
    this.#segments.set(key, isNewEpoch ? [segment] : [...stored, segment]);
    for (const [subscriptionId, subscription] of this.#subscriptions)
      if (subscription.key === key) this.#send(subscription.socket, { type: 'segment', subscriptionId, segment });
  }

  /** What is stored changes behind everyone's back. */
  tamper(bridgeId: string, stream: string, change: (segments: Segment[]) => Segment[]): void {
    const key = `${bridgeId}/${stream}`;
    this.#segments.set(key, change(this.#segments.get(key) ?? []));
  }

  /** What ended up to `through` is removed, and who subscribes from now on is told so. */
  remove(bridgeId: string, stream: string, through: number, at: number): void {
    this.tamper(bridgeId, stream, (segments) => segments.filter((segment) => segment.last > through));
    this.#removed.set(`${bridgeId}/${stream}`, { through, at });
  }

  broadcast(frame: WebServerFrame): void {
    for (const socket of this.#sockets.clients) this.#send(socket, frame);
  }

  /** Resolves once the condition holds after something came in; rejects after five seconds. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiters.delete(check);
        reject(new Error(`did not happen: ${condition}`));
      }, 5_000);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(deadline);
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }

  #accept(socket: WebSocket): void {
    socket.on('message', (data) => {
      const frame = webClientFrameSchema.parse(JSON.parse(String(data)));
      this.frames.push(frame);
      if (!this.isSilent) this.#handle(socket, frame);
      for (const check of [...this.#waiters]) check();
    });
    socket.on('close', () => {
      for (const check of [...this.#waiters]) check();
    });
  }

  #handle(socket: WebSocket, frame: WebClientFrame): void {
    switch (frame.type) {
      case 'hello':
        this.refuseHello === undefined ? this.#welcome(socket) : socket.close(this.refuseHello);
        return;
      case 'subscribe':
        this.#subscribe(socket, frame);
        return;
      case 'unsubscribe':
        this.#subscriptions.delete(frame.subscriptionId);
        return;
      case 'command':
        this.commands.push(frame.envelope);
        this.onCommand(frame.envelope, socket);
        return;
      case 'heartbeat':
        this.#send(socket, { type: 'heartbeat_ack', timestamp: frame.timestamp });
        return;
    }
  }

  #welcome(socket: WebSocket): void {
    this.#send(socket, {
      type: 'welcome',
      version: 1,
      accountId: 'account',
      deviceId: 'device',
      roster: this.roster,
      bridges: [...this.bridges.values()],
      tasks: [...this.tasks.values()],
      approvals: [...this.approvals.values()],
      serverTime: Date.now(),
    });
  }

  #subscribe(socket: WebSocket, frame: Extract<WebClientFrame, { type: 'subscribe' }>): void {
    const key = `${frame.bridgeId}/${frame.stream}`;
    const { subscriptionId } = frame;
    const stored = this.#segments.get(key) ?? [];
    const epoch = stored[0]?.epoch ?? null;
    const isSameEpoch = frame.epoch === undefined || frame.epoch === epoch;
    const after = frame.after === 'snapshot' ? snapshotStart(stored) : isSameEpoch ? frame.after : 0;
    const removed = this.#removed.get(key);
    if (removed && removed.through > after)
      this.#send(socket, { type: 'output_removed', subscriptionId, epoch: epoch ?? '', ...removed });
    for (const segment of stored)
      if (segment.last > after) this.#send(socket, { type: 'segment', subscriptionId, segment });
    this.#send(socket, { type: 'caught_up', subscriptionId, epoch, cursor: stored.at(-1)?.last ?? 0 });
    this.#subscriptions.set(subscriptionId, { socket, key });
  }

  #send(socket: WebSocket, frame: WebServerFrame): void {
    socket.send(JSON.stringify(frame));
  }
}

export function createTestIdentity(): WebIdentity {
  return {
    serverId: 'server',
    accountId: 'account',
    accountKey: createAccountKey(),
    deviceId: 'device',
    deviceKey: createDeviceKey(),
  };
}

function snapshotStart(segments: readonly Segment[]): number {
  const newest = segments.findLast((segment) => segment.header.includes('snapshotAt'));
  return newest ? newest.first - 1 : 0;
}
