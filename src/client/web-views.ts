import type { TaskLabel } from '../protocol/wire/commands.ts';
import type { Roster } from '../protocol/wire/roster.ts';
import type { ApprovalChange } from '../protocol/wire/segment-header.ts';
import type { BridgeView, TaskView, WebServerFrame } from '../protocol/wire/web.ts';
import type { Welcome } from './connection.ts';
import type { WebConnection } from './connection-state.ts';
import type { WebBridge, WebState, WebTask } from './web-state.ts';

interface WebViewsOptions {
  wordOf(bridgeId: string): Pick<WebBridge, 'info' | 'problem'>;
  openLabel(task: TaskView, label: string): TaskLabel | undefined;
}

/** Keeps the server's lists and makes the one state of them, opening labels once. */
export class WebViews {
  readonly #options: WebViewsOptions;
  readonly #bridges = new Map<string, BridgeView>();
  readonly #tasks = new Map<string, TaskView>();
  readonly #approvals = new Map<string, ApprovalChange>();
  readonly #openedTasks = new WeakMap<TaskView, WebTask>();
  #taskList: readonly WebTask[] | undefined;
  #isLoaded = false;

  constructor(options: WebViewsOptions) {
    this.#options = options;
  }

  task(taskId: string): TaskView | undefined {
    return this.#tasks.get(taskId);
  }

  welcome(welcome: Welcome): void {
    this.#isLoaded = true;
    this.#taskList = undefined;
    replaceAll(this.#bridges, welcome.bridges, (bridge) => bridge.bridgeId);
    replaceAll(this.#tasks, welcome.tasks, (task) => task.taskId);
    replaceAll(this.#approvals, welcome.approvals.filter(isPending), (approval) => approval.approvalId);
  }

  apply(frame: WebServerFrame): void {
    switch (frame.type) {
      case 'bridge_changed':
        this.#bridges.set(frame.bridge.bridgeId, frame.bridge);
        break;
      case 'bridge_removed':
        this.#bridges.delete(frame.bridgeId);
        break;
      case 'task_changed':
        this.#tasks.set(frame.task.taskId, frame.task);
        this.#taskList = undefined;
        break;
      case 'approval_changed':
        if (isPending(frame.approval)) this.#approvals.set(frame.approval.approvalId, frame.approval);
        else this.#approvals.delete(frame.approval.approvalId);
        break;
      default:
        break;
    }
  }

  render(connection: WebConnection, roster: Roster | null): WebState {
    this.#taskList ??= [...this.#tasks.values()]
      .sort((a, b) => b.createdAt - a.createdAt)
      .map((task) => this.#openTask(task));
    return {
      connection,
      isLoaded: this.#isLoaded,
      bridges: [...this.#bridges.values()].map((bridge) => this.#openBridge(bridge, roster, connection)),
      tasks: this.#taskList,
      approvals: [...this.#approvals.values()].sort((a, b) => a.deadline - b.deadline),
      roster,
    };
  }

  #openBridge(bridge: BridgeView, roster: Roster | null, connection: WebConnection): WebBridge {
    const { info, problem } = this.#options.wordOf(bridge.bridgeId);
    const listed = roster?.devices.find((device) => device.deviceId === bridge.bridgeId);
    return {
      ...bridge,
      name: info?.name ?? listed?.name ?? bridge.bridgeId,
      info,
      problem,
      isKnown: connection.state === 'online',
    };
  }

  #openTask(task: TaskView): WebTask {
    const known = this.#openedTasks.get(task);
    if (known) return known;
    const label = task.label === null ? undefined : this.#options.openLabel(task, task.label);
    const opened: WebTask = { ...task, title: label?.title ?? null, workspace: label?.workspace ?? null };
    this.#openedTasks.set(task, opened);
    return opened;
  }
}

function isPending(approval: ApprovalChange): boolean {
  return approval.state === 'pending';
}

function replaceAll<T>(map: Map<string, T>, values: readonly T[], keyOf: (value: T) => string): void {
  map.clear();
  for (const value of values) map.set(keyOf(value), value);
}
