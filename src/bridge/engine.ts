import { type Disposable, DisposableStore } from '../base/disposal.ts';
import { Emitter } from '../base/emitter.ts';
import type { BridgeInfo } from '../protocol/records/bridge-records.ts';
import type { Snapshot, TaskSummary } from '../protocol/ui/snapshot.ts';
import { version } from '../protocol/version.ts';
import type { TaskLabel } from '../protocol/wire/commands.ts';
import { sealLabel } from '../sealing/commands.ts';
import { createToken } from '../sealing/token.ts';
import type { Bridge } from './bridge.ts';
import type { BridgeConfig } from './config/schema.ts';
import { taskLimitsOf } from './config/task-limits.ts';
import { LocalApprovals } from './control/local-approvals.ts';
import { LocalMessages } from './control/local-messages.ts';
import { LocalTasks } from './control/local-tasks.ts';
import type { EngineOptions } from './engine-options.ts';
import { forgetPairing, type PairedBridge, pairWith } from './identity/bridge-identity.ts';
import { signNatively } from './identity/native-signature.ts';
import { InfoPublisher } from './info-publisher.ts';
import { dial } from './link/dial.ts';
import { Link } from './link/link.ts';
import { watchSurroundings } from './link/surroundings.ts';
import { createCommandEffects } from './policy/command-effects.ts';
import { createCommandGate } from './policy/command-gate.ts';
import { createPlaces } from './policy/places.ts';
import { PolicyFile } from './policy/policy-file.ts';
import { createProviderActions, ownerOfAction } from './policy/provider-actions.ts';
import type { StoredTask } from './ports.ts';
import { ProviderDiscovery } from './providers/directory.ts';
import { disposeProviders } from './providers/dispose-providers.ts';
import { createRetention } from './retention/create-retention.ts';
import type { CleanReport, CleanRequest, TaskRetention } from './retention/task-retention.ts';
import { Inbox } from './store/inbox.ts';
import { storageProblemOf } from './store/storage-problem.ts';
import { TaskRunner } from './tasks/task-service.ts';
import { summaryOf } from './tasks/task-summary.ts';

/** Numbers that move all the time are shown this often at most. */
const SNAPSHOT_INTERVAL_MS = 250;
const PAIRING_TIMEOUT_MS = 30_000;
/** How long a pause, and a stop, wait for the last word to be sent before the link is closed. */
const LAST_WORD_MS = 1_000;
const STOP_WORD_MS = 500;

export class Engine implements Bridge {
  readonly #options: EngineOptions;
  readonly #changed = new Emitter<Snapshot>();
  readonly #held = new DisposableStore();
  readonly #discovery: ProviderDiscovery;
  readonly #tasks: TaskRunner;
  readonly #retention: TaskRetention;
  readonly #policy: PolicyFile;
  readonly #inbox: Inbox;
  readonly #link: Link;
  readonly #info: InfoPublisher;
  readonly #stopping = new AbortController();
  readonly #closers: (() => Promise<void>)[] = [];
  #paired: PairedBridge | undefined;
  #ca: string | undefined;
  #refresh: Disposable | undefined;
  #stopped: Promise<void> | undefined;
  #wasPaused = false;

  readonly onDidChange = this.#changed.event;
  readonly onDidAppend;
  readonly approvals: LocalApprovals;
  readonly messages: LocalMessages;
  readonly localTasks: LocalTasks;

  constructor(options: EngineOptions) {
    const { stores, providers, clock, logger, config, supervisor, bridgeDir, random, load } = options;
    const { log, state, audit, tasks: taskTable, messages } = stores;
    this.#options = options;
    this.#paired = options.paired;
    this.#ca = options.ca;
    this.onDidAppend = log.onDidAppend;
    this.#discovery = this.#held.add(new ProviderDiscovery({ providers, clock, logger }));
    this.#policy = this.#held.add(new PolicyFile({ bridgeDir, logger }));
    this.#tasks = new TaskRunner({
      ...stores,
      providers,
      supervisor,
      clock,
      logger,
      stateFolder: bridgeDir,
      places: createPlaces(options),
      git: options.git,
      versionOf: (id) => this.#discovery.statuses.find((status) => status.id === id)?.version,
      sealLabel: (taskId, label) => this.#sealLabel(taskId, label),
      ...taskLimitsOf(config),
      waitingBytes: () => log.queueDepth().bytes,
      policy: this.#policy,
      journals: log,
      deviceName: (id) => stores.roster.current()?.devices.find((device) => device.deviceId === id)?.name,
    });
    this.#retention = this.#held.add(createRetention(options, (taskId) => this.#tasks.isAtWork(taskId)));
    const local = { tasks: this.#tasks, taskTable, transaction: state.transaction, audit };
    const agentName = (id: string): string => providers.find((provider) => provider.id === id)?.name ?? id;
    this.approvals = new LocalApprovals({ ...local, table: stores.approvals, agentName });
    this.messages = new LocalMessages({ ...local, messages });
    this.localTasks = new LocalTasks({ tasks: this.#tasks, transaction: state.transaction });
    const gate = createCommandGate({
      identity: () => this.#gateIdentity(),
      roster: stores.roster,
      ownerOfAction: (action) => ownerOfAction(providers, action),
      clock,
      logger,
    });
    const effects = createCommandEffects({
      tasks: this.#tasks,
      actions: createProviderActions({ providers, tasks: stores.tasks, logger }),
      spool: stores.spool,
      providers: this.#discovery,
      roster: stores.roster,
      logger,
    });
    this.#inbox = new Inbox({ state, gate, effects, journal: log.bridgeJournal, audit, clock, logger });
    this.#link = new Link({
      log,
      cursors: this.#inbox,
      dial,
      clock,
      random,
      logger,
      queueDepth: () => log.queueDepth(),
      load,
    });
    this.#info = this.#held.add(new InfoPublisher(log.bridgeJournal, () => this.#bridgeInfo()));
  }

  get snapshot(): Snapshot {
    const { stores, name, host, workspaces, projects } = this.#options;
    return {
      bridgeId: this.#paired?.identity.bridgeId ?? null,
      name,
      host,
      version,
      server: this.#paired?.identity.origin ?? null,
      connection: this.#link.connection,
      queue: stores.log.queueDepth(),
      providers: [...this.#discovery.statuses],
      workspaces: workspaces.list.map((workspace) => ({ ...workspace })),
      projects: projects.list().map((project) => ({ ...project })),
      folderProblems: [...workspaces.problems, ...projects.problems].map(({ message }) => message),
      policy: this.#policy.status,
      storageProblem: storageProblemOf(stores.log.health) ?? null,
      pendingApprovals: this.approvals.pending(),
      devices: (stores.roster.current()?.devices ?? []).map(({ deviceId, name: known }) => ({ deviceId, name: known })),
      runningTasks: stores.tasks.listUnfinished().filter((task) => task.state !== 'queued').length,
    };
  }

  /** Run when the engine stops, before its stores are closed. */
  onStop(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async start(): Promise<void> {
    const { stores, clock } = this.#options;
    this.#policy.start();
    this.#held.add(this.#policy.onDidChange(() => this.#didChange()));
    this.#held.add(this.#discovery.onDidChange(() => this.#didChange()));
    this.#held.add(this.#tasks.onDidChange(() => this.#didChange()));
    this.#held.add(this.#link.onDidChange(() => this.#didChange()));
    this.#held.add(this.#retention.onDidChange(() => this.#didChange()));
    this.#held.add(stores.log.onDidChangeHealth(() => this.#didChange()));
    this.#held.add(stores.log.onDidAppend(() => this.#showSoon()));
    stores.setSealer(this.#paired?.sealer);
    const pause = stores.settings.pause.get();
    if (pause) this.#link.pause(pause.untilMs);
    this.#moveServer();
    this.#aim();
    this.#held.add(watchSurroundings(this.#link, clock));
    // Dialling first: finding again what ran, and looking for programs, must not keep the machine offline.
    this.#discovery.start();
    await this.#tasks.start();
    this.#inbox.start();
    this.#retention.start();
  }

  taskSummaries(): TaskSummary[] {
    const { tasks, log } = this.#options.stores;
    return tasks.list().map((task) => summaryOf(task, log.recordsOf(task.taskId)));
  }

  findTask(taskId: string): StoredTask | undefined {
    return this.#options.stores.tasks.get(taskId);
  }

  cleanTasks(request: CleanRequest): Promise<CleanReport> {
    return this.#retention.clean(request);
  }

  async pair(link: string): Promise<string> {
    const { stores, name, clock, logger } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PAIRING_TIMEOUT_MS)]);
    this.#paired = await pairWith(stores, { link, name, clock, logger, signal, ca: this.#ca });
    stores.setSealer(this.#paired.sealer);
    this.#aim();
    this.#didChange();
    return this.#paired.identity.bridgeId;
  }

  async unpair(): Promise<void> {
    const { stores } = this.#options;
    this.#link.setTarget(undefined);
    await forgetPairing(stores);
    this.#paired = undefined;
    stores.setSealer(undefined);
    this.#didChange();
  }

  refreshProviders(): Promise<void> {
    return this.#discovery.refresh();
  }

  async pause(untilMs: number | null): Promise<void> {
    const { stores, clock } = this.#options;
    stores.settings.pause.set({ since: clock.now(), untilMs });
    this.#info.update();
    // People should see "paused" and not "offline".
    await this.#sent(LAST_WORD_MS);
    this.#link.pause(untilMs);
  }

  resume(): void {
    this.#options.stores.settings.pause.set(undefined);
    this.#link.resume();
    this.#didChange();
  }

  retryNow(): void {
    this.#link.retryNow();
  }

  wake(): void {
    this.#link.wake();
  }

  setWorkspaces(folders: BridgeConfig['workspaces']): void {
    this.#options.workspaces.change(folders);
    this.#didChange();
  }

  setLimits(config: Pick<BridgeConfig, 'limits' | 'approvals'>): void {
    this.#tasks.setBounds(taskLimitsOf(config));
  }

  setAuthorities(ca: string | undefined): void {
    if (ca === this.#ca) return;
    this.#ca = ca;
    this.#aim();
  }

  problemOfWorkspace(folder: string): string | undefined {
    return this.#options.workspaces.problemOf(folder);
  }

  holdTasks(isHeld: boolean): void {
    this.#tasks.hold(isHeld);
  }

  keepTasksFor(seconds: number): Promise<void> {
    return this.#options.supervisor.keepFor(seconds);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { stores, logger, providers } = this.#options;
    this.#stopping.abort();
    this.#inbox.dispose();
    this.#retention.dispose();
    await Promise.all([this.#inbox.idle(), this.#retention.idle()]);
    await this.#tasks.stop();
    const disposed = disposeProviders(providers, logger);
    // How the tasks ended, so that nobody thinks that they still run.
    await this.#sent(STOP_WORD_MS);
    this.#held.dispose();
    this.#refresh?.dispose();
    await this.#link.stop();
    await disposed;
    for (const close of this.#closers) await close();
    await stores.close();
    logger.info({ event: 'bridge_stopped' });
  }

  #gateIdentity() {
    return this.#paired && { ...this.#paired.identity, bridgeKey: this.#paired.bridgeKey };
  }

  #sealLabel(taskId: string, label: TaskLabel): string | undefined {
    return this.#paired && sealLabel(this.#paired.bridgeKey, { ...this.#paired.identity, taskId }, label);
  }

  // The control plane beside us may come up on another port each time; it is the same server only if its id says so,
  // which the token's audience checks.
  #moveServer(): void {
    const { serverOrigin, stores } = this.#options;
    if (!this.#paired || serverOrigin === undefined || serverOrigin === this.#paired.identity.origin) return;
    const identity = { ...this.#paired.identity, origin: serverOrigin };
    stores.settings.identity.set(identity);
    this.#paired = { ...this.#paired, identity };
  }

  #aim(): void {
    const { clock } = this.#options;
    const ca = this.#ca;
    const paired = this.#paired;
    if (!paired) return;
    const { bridgeId, serverId, origin } = paired.identity;
    const signer = { deviceId: bridgeId, secretKey: paired.deviceSecretKey, serverId, sign: signNatively };
    this.#link.setTarget({
      origin,
      createToken: () => createToken({ ...signer, nowMs: clock.now() }),
      ...(ca !== undefined && { ca }),
    });
  }

  #bridgeInfo(): BridgeInfo {
    const { name, host, workspaces, projects, stores } = this.#options;
    const { problem } = this.#policy.status;
    return {
      name,
      host,
      platform: process.platform,
      version,
      isPaused: stores.settings.pause.get() !== undefined,
      ...(problem !== null && { policyProblem: problem }),
      providers: [...this.#discovery.statuses],
      workspaces: workspaces.list.map((workspace) => workspace.name),
      unaskedWorkspaces: workspaces.list.filter(isUnasked).map((workspace) => workspace.name),
      projects: projects.list().map((project) => ({
        name: project.name,
        isGit: project.isGit,
        isUnasked: isUnasked(project),
      })),
    };
  }

  /** While online, waits until everything that is durable has arrived, or `withinMs` passed. */
  async #sent(withinMs: number): Promise<void> {
    const { stores, clock } = this.#options;
    await stores.log.bridgeJournal.flush().catch(() => undefined);
    const endMs = clock.monotonicMs() + withinMs;
    const isWaiting = (): boolean => this.#link.connection.state === 'online' && stores.log.queueDepth().records > 0;
    while (isWaiting() && clock.monotonicMs() < endMs) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
    }
  }

  #didChange(): void {
    if (this.#stopping.signal.aborted) return;
    this.#notePause();
    this.#info.update();
    this.#changed.fire(this.snapshot);
  }

  // A pause that ended by itself is over in the settings too.
  #notePause(): void {
    const isPaused = this.#link.connection.state === 'paused';
    if (this.#wasPaused && !isPaused) this.#options.stores.settings.pause.set(undefined);
    this.#wasPaused = isPaused;
  }

  #showSoon(): void {
    if (this.#stopping.signal.aborted) return;
    this.#refresh ??= this.#options.clock.setTimeout(() => {
      this.#refresh = undefined;
      this.#changed.fire(this.snapshot);
    }, SNAPSHOT_INTERVAL_MS);
  }
}

function isUnasked({ approvals }: { readonly approvals: 'ask' | 'allow' }): boolean {
  return approvals === 'allow';
}
