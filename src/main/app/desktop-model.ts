import type { Clock } from '../../base/clock.ts';
import { type Disposable, DisposableStore } from '../../base/disposal.ts';
import { Emitter } from '../../base/emitter.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { Snapshot, TaskSummary } from '../../protocol/ui/snapshot.ts';
import { version } from '../../protocol/version.ts';
import type { Updates } from '../os/update-cycle.ts';
import type { AppSettings } from './app-settings.ts';
import type { EngineHost } from './engine-host.ts';
import { QueueHistory } from './queue-history.ts';

export interface DesktopModelOptions {
  readonly engine: EngineHost;
  readonly settings: AppSettings;
  readonly clock: Clock;
  readonly secretStorage: DesktopState['secretStorage'];
  readonly isSigned: boolean;
  readonly isSupervised: boolean;
  readonly updates: Updates;
  readonly configFile: string;
  readonly hostname: string;
}

const PUSH_EVERY_MS = 100;
const ENDED_TASKS_MAX = 100;

/** The one picture that tray and window render. Announced at most ten times a second. */
export class DesktopModel implements Disposable {
  readonly #options: DesktopModelOptions;
  readonly #changed = new Emitter<DesktopState>();
  readonly #held = new DisposableStore();
  readonly #history: QueueHistory;
  #revision = 0;
  #push: Disposable | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(options: DesktopModelOptions) {
    this.#options = options;
    const { engine, clock, settings, updates } = options;
    const look = () => engine.bridge?.snapshot;
    this.#history = this.#held.add(new QueueHistory({ clock, look, onDidAdd: () => this.changeSoon() }));
    this.#held.add(engine.onDidChange(() => this.changeSoon()));
    this.#held.add(updates.onDidChange(() => this.changeSoon()));
    this.#held.add(settings.onDidChange(() => this.changeSoon()));
  }

  start(): void {
    this.#history.start();
    this.changeSoon();
  }

  get state(): DesktopState {
    const { engine, settings, secretStorage, isSigned, isSupervised, updates, configFile } = this.#options;
    return {
      revision: this.#revision,
      snapshot: engine.bridge?.snapshot ?? this.#emptySnapshot(),
      tasks: shownTasks(engine.bridge?.taskSummaries() ?? []),
      queueHistory: [...this.#history.points],
      updates: updates.state,
      settings: settings.value,
      secretStorage,
      isSigned,
      isSupervised,
      configFile,
      machine: engine.machine,
      engineProblem: engine.problem,
    };
  }

  changeSoon(): void {
    this.#push ??= this.#options.clock.setTimeout(() => this.changeNow(), PUSH_EVERY_MS);
  }

  /** For what a person did: its effect is shown before the answer to it is. */
  changeNow(): void {
    this.#push?.dispose();
    this.#push = undefined;
    this.#revision++;
    this.#changed.fire(this.state);
  }

  dispose(): void {
    this.#push?.dispose();
    this.#held.dispose();
  }

  #emptySnapshot(): Snapshot {
    const { engine, hostname } = this.#options;
    return {
      bridgeId: null,
      name: hostname,
      host: 'desktop',
      version,
      server: null,
      connection: { state: 'stopped', ...(engine.problem && { problem: engine.problem }) },
      queue: { records: 0, bytes: 0 },
      providers: [],
      workspaces: [],
      projects: [],
      folderProblems: [],
      storageProblem: null,
      runningTasks: 0,
      policy: { rules: 0, problem: null },
      pendingApprovals: [],
      devices: [],
    };
  }
}

/** Newest first come in; unfinished ones go before all others. */
function shownTasks(tasks: readonly TaskSummary[]): TaskSummary[] {
  const unfinished = tasks.filter((task) => !isTerminal(task.state));
  const ended = tasks.filter((task) => isTerminal(task.state)).slice(0, ENDED_TASKS_MAX);
  return [...unfinished, ...ended];
}
